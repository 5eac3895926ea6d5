import { formatVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'

/**
 * Where a client keeps the newest signed tree head it has accepted of each log: what makes a log that forgets
 * or rewrites its past show itself. Heads are kept by the log's verifier key, which has the origin in it,
 * and never by anything that the server says.
 */
export interface HeadMemory {
  /** The signed head kept for a key, undefined if there never was one; it throws when it cannot tell. */
  load(key: VerifierKey): Promise<string | undefined>
  /** Keeps a signed head, in place of the one before; resolved means kept. */
  save(key: VerifierKey, signedHead: string): Promise<void>
}

/** A memory that lasts as long as the process; a client that runs again and again needs a lasting one. */
export function newHeadMemory(): HeadMemory {
  const heads = new Map<string, string>()
  return {
    load: (key) => Promise.resolve(heads.get(formatVerifierKey(key))),
    save: (key, signedHead) => {
      heads.set(formatVerifierKey(key), signedHead)
      return Promise.resolve()
    },
  }
}
