import { accepted, refused, type Finding, type Parsed } from './finding.ts'
import { parseUtf8 } from './utf8.ts'
import { parseVerifierKey, type VerifierKey } from './verifier-key.ts'

/** A log that is trusted, or a witness and its name within the policy; the URL is where to reach it. */
export type PolicyLog = { readonly key: VerifierKey; readonly url?: string }
export type PolicyWitness = PolicyLog & { readonly name: string }

/** Names of witnesses and earlier groups, of which at least `threshold` must have witnessed. */
export type PolicyGroup = {
  readonly name: string
  readonly threshold: number
  readonly members: readonly string[]
}

/**
 * Which logs are trusted, and which of the witnesses must have cosigned: `quorum` names a witness, a
 * group or {@link NO_QUORUM}. Groups refer to earlier ones only.
 */
export type LogPolicy = {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  readonly quorum: string
}

/** The quorum of a policy that asks for no cosignature. */
export const NO_QUORUM = 'none'

/** The longest policy that is read, in bytes: 128 post-quantum keys of 1.8 kB take 231 kB. */
export const MAX_POLICY_BYTES = 262_144

/** The most logs, witnesses and groups of each that are read; every reader must take 32. */
export const MAX_POLICY_ITEMS = 128

/** What the lines so far have defined. */
type Draft = {
  readonly logs: PolicyLog[]
  readonly witnesses: PolicyWitness[]
  readonly groups: PolicyGroup[]
  /** Names that a line has defined, and those of them that are a member of a group. */
  readonly defined: Set<string>
  readonly members: Set<string>
  quorum?: string
}

/**
 * Reads a trust policy from text or its UTF-8 bytes, at most {@link MAX_POLICY_BYTES}. Never throws; it
 * stops at the first line that it refuses.
 *
 * @see https://c2sp.org/tlog-policy
 */
export function parseLogPolicy(input: string | Uint8Array): Parsed<LogPolicy> {
  const text = parseUtf8(input, MAX_POLICY_BYTES, 'policy')
  if (!text.ok) return text
  if (!text.value.endsWith('\n')) {
    const message = 'A policy ends in a newline; it may have been cut off.'
    return refused('policy-malformed', 'end', message)
  }
  const draft: Draft = {
    logs: [],
    witnesses: [],
    groups: [],
    defined: new Set(),
    members: new Set(),
  }
  for (const [index, line] of text.value.split('\n').entries()) {
    const fault = /[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)
      ? 'It has a control character other than the tab; remove it.'
      : readLine(draft, line)
    if (fault !== undefined) return refused('policy-malformed', `line ${index + 1}`, fault)
  }
  const { logs, witnesses, groups, quorum } = draft
  return quorum === undefined
    ? refused(
        'policy-malformed',
        'end',
        'It has no quorum line; write "quorum none" to ask for none.',
      )
    : accepted({ logs, witnesses, groups, quorum })
}

/** Adds what a line says to the draft, or answers why it is refused. */
function readLine(draft: Draft, line: string): string | undefined {
  const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '')
  if (keyword === undefined || keyword.startsWith('#')) return undefined
  switch (keyword) {
    case 'log':
      return addLog(draft, items)
    case 'witness':
      return addWitness(draft, items)
    case 'group':
      return addGroup(draft, items)
    case 'quorum':
      return setQuorum(draft, items)
    default:
      return 'It begins with none of log, witness, group, quorum and #.'
  }
}

function addLog(draft: Draft, [vkey = '', url, ...rest]: readonly string[]): string | undefined {
  const key = parseVerifierKey(vkey)
  if (vkey === '' || rest.length > 0) return 'It is not "log", a verifier key and perhaps a URL.'
  if (!key.ok) return keyFault(key.findings)
  return add(draft.logs, { key: key.value, ...(url === undefined ? {} : { url }) })
}

function addWitness(draft: Draft, items: readonly string[]): string | undefined {
  const [name = '', vkey = '', url, ...rest] = items
  const key = parseVerifierKey(vkey)
  if (vkey === '' || rest.length > 0) {
    return 'It is not "witness", a name, a verifier key and perhaps a URL.'
  }
  if (!key.ok) return keyFault(key.findings)
  if (key.value.kind === 'ed25519') {
    return 'A key of type 0x01 makes no cosignatures; ask the witness for its key of type 0x04.'
  }
  const witness = { name, key: key.value, ...(url === undefined ? {} : { url }) }
  return define(draft, name) ?? add(draft.witnesses, witness)
}

function addGroup(draft: Draft, items: readonly string[]): string | undefined {
  const [name = '', count = '', ...members] = items
  const threshold = thresholdOf(count, members.length)
  if (threshold === undefined) {
    return 'It is not "group", a name, all, any or a number up to that of its members, and members.'
  }
  for (const member of members) {
    if (!draft.defined.has(member)) return 'A member is not defined on a line before; move it down.'
    if (draft.members.has(member)) return 'A member is in a group already, and may be in one only.'
    draft.members.add(member)
  }
  if (draft.groups.length >= MAX_POLICY_ITEMS) return TOO_MANY
  draft.groups.push({ name, threshold, members })
  return define(draft, name)
}

function setQuorum(draft: Draft, [name = '', ...rest]: readonly string[]): string | undefined {
  if (rest.length > 0 || draft.quorum !== undefined)
    return 'A policy has one quorum, with one name.'
  if (name !== NO_QUORUM && !draft.defined.has(name)) {
    return 'The quorum is not "none" and not defined on a line before; move it down.'
  }
  draft.quorum = name
  return undefined
}

const TOO_MANY = `There are more than the ${MAX_POLICY_ITEMS} of their kind that are read.`

function add<Item extends PolicyLog>(items: Item[], item: Item): string | undefined {
  const bytes = item.key.publicKey.join()
  if (items.some(({ key }) => key.publicKey.join() === bytes)) {
    return 'Its public key has a line already, and one key counts once.'
  }
  if (items.length >= MAX_POLICY_ITEMS) return TOO_MANY
  items.push(item)
  return undefined
}

function keyFault(findings: readonly Finding[]): string {
  return `Its verifier key is refused. ${findings.map((finding) => finding.message).join(' ')}`
}

function define(draft: Draft, name: string): string | undefined {
  if (name === NO_QUORUM || draft.defined.has(name)) {
    return 'Its name is "none" or was given before; use another.'
  }
  draft.defined.add(name)
  return undefined
}

function thresholdOf(count: string, memberCount: number): number | undefined {
  if (memberCount === 0) return undefined
  if (count === 'any') return 1
  if (count === 'all') return memberCount
  const threshold = /^[1-9][0-9]*$/.test(count) ? Number(count) : 0
  return threshold >= 1 && threshold <= memberCount ? threshold : undefined
}
