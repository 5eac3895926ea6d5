import { hostname, userInfo } from 'node:os'
import { resolve } from 'node:path'
import { canonicalize } from '../../schema/canonical-json.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Digest, Environment } from '../api.ts'
import { digestOf } from '../document-digest.ts'
import { readCode } from './code.ts'
import { readDependencies } from './dependencies.ts'
import { readHardware, readHardwareContext, type HardwareContext } from './hardware.ts'
import { readRuntime } from './runtime.ts'
import { sectionDigests } from './section-digests.ts'
import type { Section } from './section.ts'
import { selectVariables } from './variables.ts'

/** Budget for everything, in milliseconds: what a job's start can spare. */
const TIMEOUT_MS = 1_500
const TIMEOUT_MAX_MS = 60_000

export interface CaptureOptions {
  /** The folder of the code; default the working directory. */
  readonly directory?: string
  /** Names of variables, or patterns with `*`, that the job wants recorded beside the usual ones. */
  readonly variables?: readonly string[]
  /** Budget in milliseconds, 1 to 60,000; default 1,500. What takes longer is recorded as unknown. */
  readonly timeoutMs?: number
  /** Where variables are read from; default this process's own. */
  readonly from?: Readonly<Record<string, string | undefined>>
}

/** A fact that could not be told, and why. */
export interface UnknownFact {
  readonly section: string
  readonly fact: string
  readonly reason: string
}

export interface CapturedEnvironment {
  readonly document: Environment
  /** The environment fingerprint: the digest of the canonical document. */
  readonly digest: Digest
  /** The digest of each section by its name. */
  readonly sections: Readonly<Record<string, Digest>>
  /** What is not in the document because it could not be told. */
  readonly unknown: readonly UnknownFact[]
  /** What varies within a fleet; not in the document, so it changes no digest. */
  readonly context: HardwareContext
}

/**
 * Captures what a computation runs in: code, dependencies, runtime, hardware and variables.
 *
 * The same code on the same kind of machine gives the same digest. Neither host names nor user names nor paths are
 * recorded, no change to the code but its digest, and no variable that is not on the list or looks like a secret.
 * What cannot be told is left out of the document and listed as unknown; nothing but a wrong option throws.
 *
 * @throws {CONFIG_INVALID} the budget is out of bounds, or a variable's name is none
 */
export async function captureEnvironment(
  options: CaptureOptions = {},
): Promise<CapturedEnvironment> {
  const { timeoutMs = TIMEOUT_MS, from: variables = process.env } = options
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > TIMEOUT_MAX_MS) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `"timeoutMs" must be an integer from 1 to ${TIMEOUT_MAX_MS}.`,
    )
  }
  const directory = resolve(options.directory ?? '.')
  const signal = AbortSignal.timeout(timeoutMs)
  const [code, dependencies, hardware, context] = await Promise.all([
    readCode({ directory, variables, signal }),
    readDependencies(directory, signal),
    readHardware(),
    readHardwareContext(),
  ])
  const found: Readonly<Record<string, Section>> = {
    code,
    dependencies,
    runtime: readRuntime(),
    hardware,
    container: readContainer(variables),
    variables: selectVariables(variables, options.variables ?? [], identitiesOfThisMachine()),
  }
  const document = documentOf(found)
  return {
    document,
    digest: digestOf(canonicalize(document)),
    sections: sectionDigests(document),
    unknown: Object.entries(found).flatMap(([section, { missing }]) =>
      missing.map((fact) => ({ section, ...fact })),
    ),
    context,
  }
}

/** A section without facts is left out: nothing known is not the same as known to be empty. */
function documentOf(found: Readonly<Record<string, Section>>): Environment {
  const sections = Object.entries(found)
    .filter(([, { facts }]) => Object.keys(facts).length > 0)
    .map(([name, { facts }]) => [name, facts] as const)
  return { schemaVersion: 1, sections: Object.fromEntries(sections) }
}

/** A container cannot learn its image's digest by itself; whoever starts it may say so. */
function readContainer(variables: Readonly<Record<string, string | undefined>>): Section {
  const imageDigest = variables['CAIRN_IMAGE_DIGEST']
  if (imageDigest === undefined) return { facts: {}, missing: [] }
  if (/^sha256:[0-9a-f]{64}$/.test(imageDigest)) return { facts: { imageDigest }, missing: [] }
  const reason = 'CAIRN_IMAGE_DIGEST is no digest'
  return { facts: {}, missing: [{ fact: 'imageDigest', reason }] }
}

function identitiesOfThisMachine(): readonly string[] {
  const host = hostname()
  try {
    return [host, userInfo().username]
  } catch {
    // A user id without an account has no name to leak.
    return [host]
  }
}
