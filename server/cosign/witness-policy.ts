import { readFileSync } from 'node:fs'
import { CatalogError } from '../../schema/errors.ts'
import { parseLogPolicy, type LogPolicy } from '../../schema/transparency/log-policy.ts'
import { meetsQuorum } from '../../schema/transparency/policy-quorum.ts'
import type { WitnessAddress } from './ask-witness.ts'

/** The witnesses of a policy that can be asked, and the policy. */
export interface WitnessPolicy {
  readonly policy: LogPolicy
  readonly witnesses: readonly WitnessAddress[]
}

/**
 * Reads the policy that says which witnesses to ask and which of them make a quorum.
 *
 * @throws {CONFIG_INVALID} it cannot be read, a URL is none, or the witnesses with a URL are no quorum
 * @see https://c2sp.org/tlog-policy
 */
export function readWitnessPolicy(file: string): WitnessPolicy {
  const parsed = parseLogPolicy(readPolicyFile(file))
  if (!parsed.ok) {
    const [finding] = parsed.findings
    throw invalid(`${file} is no policy, at ${finding?.where}: ${finding?.message}`)
  }
  const policy = parsed.value
  const witnesses = policy.witnesses.flatMap(({ name, key, url }) => {
    // Of a key that is not checked here, no cosignature can be told from a forged one.
    if (url === undefined || key.kind !== 'cosignature') return []
    return [{ key, url: parseUrl(url, name) }]
  })
  const keys = witnesses.map((witness) => witness.key)
  if (meetsQuorum(policy, keys)) return { policy, witnesses }
  throw invalid(
    `${file}: the quorum "${policy.quorum}" cannot be reached, as too few witnesses have a URL and an Ed25519 key: add them, or lower the quorum.`,
  )
}

function parseUrl(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    `${url.username}${url.password}${url.search}${url.hash}` !== ''
  ) {
    throw invalid(
      `The URL of the witness "${name}" must be http or https, without credentials, query and fragment.`,
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function readPolicyFile(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw invalid(`CAIRN_LOG_POLICY names ${file}, which cannot be read: check the path.`, cause)
  }
}

const invalid = (message: string, cause?: unknown): CatalogError =>
  new CatalogError('CONFIG_INVALID', message, { cause })
