import { canonicalize, type Json, type JsonObject } from './canonical-json.ts'
import { digestOf } from './digest.ts'
import {
  driftVerdicts,
  severities,
  type Caller,
  type Drift,
  type DriftChange,
  type DriftRule,
  type DriftSection,
  type DriftSeverity,
} from './drift.ts'
import type { DriftRuleSet } from './drift-rules.ts'
import type { Environment } from './environment.ts'
import type { Manifest } from './manifest.ts'

/** Changes that a section lists: enough to see what happened, and an answer of bounded length. */
const CHANGES_MAX_COUNT = 200
/** Versions are compared by at most so many numbers. */
const VERSION_PARTS_MAX_COUNT = 4

/** What made a state, or what somebody runs; what is left out is unknown. */
export interface DriftSide {
  readonly environment: Environment | undefined
  readonly parameters?: JsonObject | undefined
  readonly inputs?: Manifest['inputs'] | undefined
  readonly worldSize?: number | undefined
  readonly format?: Manifest['format'] | undefined
}

/** Sections that are whole where they are given: what one lacks, it does not have. */
const whole: ReadonlySet<string> = new Set(['parameters', 'inputs', 'topology', 'format'])

/** How what is run differs from what was recorded, by the rules that are in force. Pure. */
export function findDrift(
  recorded: DriftSide,
  current: DriftSide,
  ruleSet: DriftRuleSet,
): Omit<Drift, 'recorded' | 'current' | 'acknowledged'> {
  const sections: DriftSection[] = []
  const equal: string[] = []
  const all: (readonly [section: string, change: DriftChange])[] = []
  const isKnown = recorded.environment !== undefined && current.environment !== undefined
  const [before, after] = [sectionsOf(recorded, isKnown), sectionsOf(current, isKnown)]
  for (const section of new Set([...before.keys(), ...after.keys()])) {
    const [made, run] = [before.get(section), after.get(section)]
    // Many jobs have no format, say: what neither side has is nothing to compare.
    if (made === undefined && run === undefined && whole.has(section)) continue
    const changes = changesIn(section, made, run, ruleSet.rules)
    if (changes.length === 0) equal.push(section)
    else {
      sections.push({
        section,
        severity: worstOf(changes),
        changeCount: changes.length,
        changes: changes.slice(0, CHANGES_MAX_COUNT),
      })
      for (const change of changes) all.push([section, change])
    }
  }
  const verdicts = new Set(all.map(([, { severity }]) => ruleSet.verdicts[severity]))
  return {
    verdict: driftVerdicts.findLast((verdict) => verdicts.has(verdict)) ?? 'allow',
    ...(all.length === 0 ? {} : { severity: worstOf(all.map(([, change]) => change)) }),
    sections,
    equal,
    difference: digestOf(canonicalize(all.map(([section, change]) => ({ section, ...change })))),
    ruleSet: digestOf(canonicalize(ruleSet)),
  }
}

/** What a caller says it runs, with the document of its environment. */
export function sideOfCaller(caller: Caller, environment: Environment | undefined): DriftSide {
  const { parameters, inputs, worldSize, format } = caller
  return { environment, parameters, inputs, worldSize, format }
}

/** What made a state, as its manifest and the document of its environment say. */
export function sideOfManifest(
  { parameters, inputs, shards, format }: Manifest,
  environment: Environment | undefined,
): DriftSide {
  return { environment, parameters, inputs, worldSize: shards.length, format }
}

function worstOf(changes: readonly DriftChange[]): DriftSeverity {
  const found = severities.find((severity) => changes.some((one) => one.severity === severity))
  return found ?? 'info'
}

/** What the sections of an environment are told apart by; rules name them without. */
const PREFIX = 'environment.'

/** Each part that is compared by itself; undefined where nothing is known of it. */
function sectionsOf(side: DriftSide, isKnown: boolean): ReadonlyMap<string, Json | undefined> {
  const { environment, parameters, inputs, worldSize, format } = side
  const pins = inputs?.map(({ name, ...pin }) => [name, pin] as const)
  return new Map<string, Json | undefined>([
    ['parameters', parameters],
    ['inputs', pins && Object.fromEntries(pins)],
    ['topology', worldSize === undefined ? undefined : { worldSize }],
    ['format', format && { name: format.name, version: format.version }],
    ...(environment === undefined || !isKnown
      ? [['environment', undefined] as const]
      : Object.entries(environment.sections).map(
          ([name, facts]) => [`${PREFIX}${name}`, facts] as const,
        )),
  ])
}

function changesIn(
  section: string,
  recorded: Json | undefined,
  current: Json | undefined,
  rules: readonly DriftRule[],
): readonly DriftChange[] {
  if (recorded === undefined || current === undefined) return [{ fact: '', severity: 'unknown' }]
  const [before, after] = [leavesOf(recorded), leavesOf(current)]
  const changes: DriftChange[] = []
  for (const fact of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const [left, right] = [before.get(fact), after.get(fact)]
    if (left !== undefined && right !== undefined && canonicalize(left) === canonicalize(right)) {
      continue
    }
    const isUnknown = (left === undefined || right === undefined) && !whole.has(section)
    changes.push({
      fact,
      severity: isUnknown ? 'unknown' : severityOf(section, { fact, left, right }, rules),
      ...(left === undefined ? {} : { recorded: left }),
      ...(right === undefined ? {} : { current: right }),
    })
  }
  return changes
}

/** Values by the names that lead to them; a list is one value. */
function leavesOf(value: Json, path = '', found = new Map<string, Json>()): Map<string, Json> {
  if (typeof value !== 'object' || value === null || isList(value)) return found.set(path, value)
  const members = Object.entries(value)
  // An empty object is a value too.
  if (members.length === 0) found.set(path, value)
  for (const [name, member] of members) {
    leavesOf(member, path === '' ? name : `${path}.${name}`, found)
  }
  return found
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

interface Changed {
  readonly fact: string
  readonly left: Json | undefined
  readonly right: Json | undefined
}

function severityOf(
  section: string,
  { fact, left, right }: Changed,
  rules: readonly DriftRule[],
): DriftSeverity {
  const change = versionChange(left, right)
  const name = section.startsWith(PREFIX) ? section.slice(PREFIX.length) : section
  const found = rules.find(
    (rule) =>
      fits(rule.section, name) &&
      fits(rule.fact ?? '*', fact) &&
      (rule.change === undefined || rule.change === change),
  )
  return found?.severity ?? 'major'
}

/** Which number of a version is the first that differs; undefined for what are no versions. */
function versionChange(left: Json | undefined, right: Json | undefined): DriftRule['change'] {
  const [before, after] = [numbersOf(left), numbersOf(right)]
  if (before === undefined || after === undefined) return undefined
  if (before[0] !== after[0]) return 'major'
  return before[1] === after[1] ? 'patch' : 'minor'
}

function numbersOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value !== 'string') return undefined
  const found = /^(?:v|glibc )?(\d{1,9}(?:\.\d{1,9}){1,8})(?:[-+ ].{0,64})?$/.exec(value)?.[1]
  return found?.split('.').slice(0, VERSION_PARTS_MAX_COUNT)
}

/** Whether a text fits a pattern in which `*` stands for any characters; linear in their lengths. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
