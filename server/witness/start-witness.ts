import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import { parseLogPolicy } from '../../schema/transparency/log-policy.ts'
import { formatVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { closeServer, listen, urlOf } from '../http/listen.ts'
import { openCosignedHeads } from './cosigned-heads.ts'
import { createWitnessApp } from './witness-app.ts'
import { openWitnessKey } from './witness-key.ts'

/** What a witness is told. */
export interface WitnessConfig {
  /** Folder of its key and its memory. */
  readonly directory: string
  /** The name in its key; needed on the first start. */
  readonly name: string | undefined
  /** Policy file in the C2SP format, whose `log` lines say which logs it knows. */
  readonly logsFile: string
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Epoch milliseconds. */
  readonly nowMs: () => number
}

/** A witness that listens. */
export interface RunningWitness {
  readonly url: string
  /** What a log's policy file names it by. */
  readonly verifierKey: string
  /** Origins of the logs that it knows. */
  readonly origins: readonly string[]
  close(): Promise<void>
}

/**
 * Opens the key and the memory of a witness, and listens.
 *
 * @throws {CONFIG_INVALID} the key, the file of logs or the name is not what it must be
 * @throws {STORAGE_UNAVAILABLE} the memory cannot be opened
 */
export async function startWitness(config: WitnessConfig): Promise<RunningWitness> {
  const { directory, nowMs } = config
  const logKeys = readLogKeys(config.logsFile)
  const key = openWitnessKey(join(directory, 'witness-key.json'), config.name)
  const heads = openCosignedHeads(join(directory, 'witness.sqlite'))
  const app = createWitnessApp({ key, logKeys, heads, nowMs })
  const { server, port } = await listen(app.fetch, config).catch((error: unknown) => {
    heads.close()
    throw error
  })
  return {
    url: urlOf(config.host, port),
    verifierKey: formatVerifierKey(key.verifierKey),
    origins: [...new Set(logKeys.map((one) => one.name))],
    close: async () => {
      await closeServer(server)
      heads.close()
    },
  }
}

function readLogKeys(file: string): readonly VerifierKey[] {
  const policy = parseLogPolicy(readPolicyFile(file))
  if (!policy.ok) {
    const [finding] = policy.findings
    throw invalid(`${file} is no policy, at ${finding?.where}: ${finding?.message}`)
  }
  const keys = policy.value.logs.map((log) => log.key)
  if (keys.length > 0) return keys
  throw invalid(`${file} names no log: add a line "log" with the verifier key of each.`)
}

function readPolicyFile(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw invalid(`The file of known logs ${file} cannot be read: check its path.`, cause)
  }
}

const invalid = (message: string, cause?: unknown): CatalogError =>
  new CatalogError('CONFIG_INVALID', message, { cause })
