import {
  accessStart,
  checkAccess,
  parseAccessBody,
  type AccessLine,
  type AccessPosition,
} from '../../../schema/access-log.ts'
import { decodeBase64, encodeBase64 } from '../../../schema/transparency/base64.ts'
import type { Finding } from '../../../schema/transparency/finding.ts'
import type { AccessRecord } from '../../api.ts'
import { command } from '../command.ts'
import { connection, namespaceOf, openClient } from '../connection.ts'
import { optional, toggle } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { listing, reportList } from '../listing.ts'
import { openProgress } from '../progress.ts'
import { formatCount } from '../quantity.ts'
import type { Report } from '../session.ts'
import type { Column } from '../table.ts'

/** Records of one page while verifying: the most that the catalog gives. */
const PAGE_COUNT = 500
/** Findings that are told; whoever has seen so many need not see the rest. */
const FINDINGS_MAX_COUNT = 1_000

const utf8 = new TextEncoder()

const list = command({
  words: 'access-log list',
  summary: 'who asked what: every write, and every request that was denied',
  heading: 'Records',
  details: 'The newest records come first.',
  takes: {
    oldestFirst: toggle('--oldest-first', 'begin with the oldest'),
    ...listing,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const order = values.oldestFirst ? 'oldest-first' : 'newest-first'
    return reportList(values, (limit) => client.accessLog.records({ limit, order }), {
      columns,
      none: 'No records.',
    })
  },
})

const verify = command({
  words: 'access-log verify',
  summary: 'follow the chain of the access log and hash every record again',
  heading: 'Records',
  details:
    'Reads the whole access log and checks that every record has the hash of its bytes and follows the one before it, up to where the log says that it ends. Prints the newest record as "sequence:hash": keep it, and a later --expect shows that nothing up to there was changed or cut off. Exit code 0: all well. Exit code 8: there are findings.',
  takes: {
    expect: optional(
      { usage: '--expect <sequence:hash>', summary: 'what an earlier verification printed' },
      readText,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const progress = openProgress(session, { label: 'verified', unit: 'entries' })
    const findings: Finding[] = []
    let at = accessStart(namespaceOf(session, values.namespace))
    let isExpected = values.expect === undefined
    // Asked first: what is recorded meanwhile comes behind it.
    const end = await client.accessLog.end()
    const newest = end.count === 0 ? '' : `${end.count - 1}:${end.hash}`
    let reachesEnd = newest === ''
    for await (const record of client.accessLog.records({ limit: PAGE_COUNT })) {
      const checked = checkAccess(at, storedOf(record))
      at = checked.at
      findings.push(...checked.findings)
      if (positionText(at) === values.expect) isExpected = true
      if (positionText(at) === newest) reachesEnd = true
      progress.show({ done: at.next })
      if (findings.length >= FINDINGS_MAX_COUNT) break
    }
    progress.end()
    if (!reachesEnd && findings.length < FINDINGS_MAX_COUNT)
      findings.push(cutOff(end.count, at.next))
    if (!isExpected) findings.push(notThere(values.expect ?? ''))
    return reportOf(at, findings)
  },
})

/** What was hashed, from what the catalog answered; base64 that is none has no bytes, and is a finding. */
function storedOf({ sequence, previous, hash, body }: AccessRecord) {
  return {
    sequence,
    previous: decodeBase64(previous) ?? new Uint8Array(0),
    hash: decodeBase64(hash) ?? new Uint8Array(0),
    body: utf8.encode(body),
  }
}

function positionText({ next, hash }: AccessPosition): string {
  return next === 0 ? '' : `${next - 1}:${encodeBase64(hash)}`
}

const cutOff = (count: number, found: number): Finding => ({
  code: 'access-gap',
  where: `access log record ${count - 1}`,
  message: `The log says that it has ${count} records and ends here with another hash, and ${found} were read: its end was cut off or replaced.`,
})

const notThere = (expected: string): Finding => ({
  code: 'access-gap',
  where: `access log record ${expected.split(':')[0] ?? ''}`,
  message: 'There is no record with the expected hash: what led to it was changed or cut off.',
})

function reportOf(at: AccessPosition, findings: readonly Finding[]): Report {
  const newest = positionText(at)
  return {
    document: { recordCount: at.next, newest, findings },
    hasFindings: findings.length > 0,
    text: (screen) =>
      [
        ...findings.map(({ where, message }) => `${screen.style('red', where)}  ${message}`),
        `${formatCount(at.next, 'record')} verified, ${formatCount(findings.length, 'finding')}.`,
        ...(newest === '' ? [] : [`newest ${newest}`]),
      ].join('\n'),
  }
}

const columns: readonly Column<AccessRecord>[] = [
  { title: 'SEQUENCE', value: (row) => row.sequence, align: 'right' },
  { title: 'AT', value: (row) => bodyOf(row)?.at },
  { title: 'ASKED', value: askedText, minWidth: 40 },
]

function bodyOf({ body }: AccessRecord) {
  const parsed = parseAccessBody(utf8.encode(body))
  return parsed.ok ? parsed.value : undefined
}

function askedText(row: AccessRecord): string {
  const body = bodyOf(row)
  const dropped = body?.dropped === undefined ? [] : [`${body.dropped} denials dropped`]
  return [...(body?.lines ?? []).map(lineText), ...dropped].join('; ')
}

function lineText(line: AccessLine): string {
  const { principal = 'nobody', operation = 'itself', outcome, count, code, on, entries } = line
  const runs = (entries ?? []).map(([first, last]) =>
    first === last ? `${first}` : `${first}-${last}`,
  )
  return [
    principal,
    operation,
    ...(count === 1 ? [] : [`×${count}`]),
    outcome,
    ...(code === undefined ? [] : [code]),
    ...(on === undefined ? [] : [`on ${on}`]),
    ...runs,
  ].join(' ')
}

export const accessLogCommands = [list, verify] as const
