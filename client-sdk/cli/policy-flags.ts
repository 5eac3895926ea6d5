import { parse } from 'yaml'
import { CatalogError } from '../../schema/errors.ts'
import type { PolicySpec, RetentionRule } from '../api.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional, repeated } from './flag.ts'
import { readChoice, readCount, readText } from './flag-values.ts'
import { readInput } from './input-file.ts'
import { parseDurationSeconds } from './quantity.ts'

/** The largest body that the catalog takes for a policy. */
const POLICY_MAX_BYTES = 64 * 1024
const COUNT_MAX = 1_000_000

const readKept = readCount(1, COUNT_MAX)

/** What a policy says, as flags or as a file. */
export const policyFlags = {
  file: optional(
    { usage: '--file <path>', summary: 'the whole policy as YAML or JSON; - is stdin' },
    readText,
  ),
  description: optional(
    { usage: '--description <text>', summary: 'a sentence for people' },
    readText,
  ),
  keepLatest: optional(
    { usage: '--keep-latest <count>', summary: 'keep the newest so many' },
    readKept,
  ),
  keepEverySteps: optional(
    { usage: '--keep-every-steps <steps>', summary: 'keep the first from each multiple on' },
    readCount(1, Number.MAX_SAFE_INTEGER),
  ),
  keepEvery: optional(
    { usage: '--keep-every <time>', summary: 'keep the first of each period, such as 1h or 1d' },
    parseDurationSeconds,
  ),
  keepFor: optional(
    { usage: '--keep-for <time>', summary: 'keep everything so long, such as 12h or 30d' },
    parseDurationSeconds,
  ),
  keepBest: repeated(
    {
      usage: '--keep-best <count:label:order>',
      summary: 'keep those with the best number in a label, such as 3:loss:lowest',
    },
    readBest,
  ),
  grace: optional(
    { usage: '--grace <time>', summary: 'from a tombstone to the removal of bytes; default 7d' },
    parseDurationSeconds,
  ),
  requiredGrade: optional(
    { usage: '--required-grade <grade>', summary: 'committed, present, verified or restored' },
    readChoice('committed', 'present', 'verified', 'restored'),
  ),
  rpo: optional(
    { usage: '--rpo <time>', summary: 'most work that may be lost' },
    parseDurationSeconds,
  ),
  rehearseEvery: optional(
    { usage: '--rehearse-every <time>', summary: 'how often a drill must restore it' },
    parseDurationSeconds,
  ),
  rto: optional(
    { usage: '--rto <time>', summary: 'longest time that a recovery may take' },
    parseDurationSeconds,
  ),
}

type PolicyValues = ValuesOf<typeof policyFlags>

/**
 * The policy that the flags describe, or the file that they name.
 *
 * @throws {INVALID_REQUEST} both are given
 * @throws {MALFORMED_JSON} the file is neither YAML nor JSON
 */
export async function readPolicySpec(values: PolicyValues): Promise<PolicySpec> {
  const spec = specOf(values)
  if (values.file === undefined) return spec
  if (Object.keys(spec).length > 0) {
    throw new CatalogError('INVALID_REQUEST', '--file says it all: give no other flags with it.')
  }
  return readPolicyFile(values.file)
}

/**
 * The policy that a file holds.
 *
 * @throws {MALFORMED_JSON} it is neither YAML nor JSON
 */
export async function readPolicyFile(path: string): Promise<PolicySpec> {
  return parsePolicy(await readInput(path, POLICY_MAX_BYTES), path)
}

/** What is no policy is refused by the catalog, which says what is wrong with it. */
function parsePolicy(text: string, path: string): PolicySpec {
  try {
    const found: unknown = parse(text, { maxAliasCount: 0 })
    return found as PolicySpec
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CatalogError('MALFORMED_JSON', `${path} is no YAML: ${reason}`, { cause })
  }
}

function specOf(values: PolicyValues): PolicySpec {
  const anyOf = rulesOf(values)
  return defined({
    description: values.description,
    rpoSeconds: values.rpo,
    rtoSeconds: values.rto,
    requiredGrade: values.requiredGrade,
    rehearseEverySeconds: values.rehearseEvery,
    retention: anyOf.length === 0 ? undefined : { anyOf },
    graceSeconds: values.grace,
  })
}

function rulesOf(values: PolicyValues): readonly RetentionRule[] {
  const { keepLatest, keepEverySteps, keepEvery, keepFor, keepBest } = values
  const rules: RetentionRule[] = []
  if (keepLatest !== undefined) rules.push({ keep: 'latest', count: keepLatest })
  if (keepEverySteps !== undefined) rules.push({ keep: 'every-steps', steps: keepEverySteps })
  if (keepEvery !== undefined) rules.push({ keep: 'every-seconds', seconds: keepEvery })
  if (keepFor !== undefined) rules.push({ keep: 'newer-than', seconds: keepFor })
  return [...rules, ...keepBest]
}

function readBest(text: string): RetentionRule {
  const [count, label, order, ...rest] = text.split(':')
  if ((order === 'lowest' || order === 'highest') && label && rest.length === 0) {
    return { keep: 'best', count: readKept(count ?? ''), label, order }
  }
  throw new CatalogError(
    'INVALID_REQUEST',
    'write count:label:order, such as 3:loss:lowest or 1:accuracy:highest',
  )
}
