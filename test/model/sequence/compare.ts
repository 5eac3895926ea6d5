import { isDeepStrictEqual } from 'node:util'
import { plain } from '../oracle/fact.ts'
import type { Question } from '../oracle/question.ts'
import type { Request } from '../oracle/request.ts'
import type { BatchVerdict, Verdict, Violation } from '../oracle/verdict.ts'
import type { Called } from '../../harness/catalog.ts'

/** What of an answer the model can know: all but leaf hashes and the words of warnings. */
export function comparable(op: Request['op'] | Question['op'], body: Called['body']): unknown {
  if (op === 'register') {
    const { leafHash: _leafHash, ...receipt } = body
    return receipt
  }
  if (op === 'openRun') {
    return { ...body, plan: body.plan === null ? null : comparable('plan', body.plan) }
  }
  if (op === 'plan') {
    const codes = body.warnings.map((warning: { readonly code: string }) => warning.code)
    return { ...body, warnings: codes.toSorted() }
  }
  return body
}

/** How an answer differs from what must come; undefined when it does not. */
export function difference(
  request: Request,
  verdict: Verdict | BatchVerdict,
  called: Called,
): string | undefined {
  const { body, status } = called
  if ('broken' in verdict) return refusalDifference(verdict.broken, called)
  if (status >= 300) return mismatch('an answer', verdict, { status, ...body })
  if ('answer' in verdict) return writeDifference(verdict.answer, request.op, body)
  if (body.results.length !== verdict.items.length) {
    return mismatch('as many results', verdict.items, body.results)
  }
  return verdict.items
    .map((item, place) => itemDifference(item, body.results[place]))
    .find((found) => found !== undefined)
}

function itemDifference(verdict: Verdict, result: Called['body']): string | undefined {
  const { problem, receipt, status } = result
  if ('broken' in verdict) {
    return refusalDifference(verdict.broken, { body: problem, status: problem?.status ?? status })
  }
  if (status !== 'registered') return mismatch('registered', verdict.answer, result)
  return writeDifference(verdict.answer, 'register', receipt)
}

/** Every write is answered with a proof, which is checked when the sequence has ended. */
function writeDifference(
  expected: unknown,
  op: Request['op'],
  body: Called['body'],
): string | undefined {
  const { proof, ...said } = body
  if (typeof proof !== 'string') return mismatch('a proof', expected, body)
  return valueDifference(expected, comparable(op, said))
}

/** A refusal must name one of the broken rules, and tell what a caller needs to know of it. */
export function refusalDifference(
  broken: readonly Violation[],
  { body, status }: { readonly body: Called['body']; readonly status: unknown },
): string | undefined {
  const wanted = broken.find(({ code }) => code === body?.code)
  if (wanted === undefined || !(Number(status) >= 400 && Number(status) < 500)) {
    return mismatch('a refusal', plain(broken), { status, ...body })
  }
  if (wanted.tells === undefined) return undefined
  const told: readonly unknown[] = Object.values(body.facts ?? {})
  const tells = plain(wanted.tells)
  return told.some((fact) => isDeepStrictEqual(fact, tells))
    ? undefined
    : mismatch(`facts of ${wanted.code}`, tells, body)
}

export function valueDifference(expected: unknown, actual: unknown): string | undefined {
  const wanted = plain(expected)
  return isDeepStrictEqual(actual, wanted) ? undefined : mismatch('an answer', wanted, actual)
}

/** Where two values differ, each place on a line. */
export function mismatch(what: string, expected: unknown, actual: unknown): string {
  const places = placesOf('', expected, actual).slice(0, PLACES_MAX_COUNT)
  return [`the model expects ${what}, which differs from what came at:`, ...places].join('\n')
}

/** Places shown of one difference: a person reads no more. */
const PLACES_MAX_COUNT = 12

function placesOf(pointer: string, expected: unknown, actual: unknown): readonly string[] {
  if (isDeepStrictEqual(expected, actual)) return []
  if (isContainer(expected) && isContainer(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)])
    return [...names].flatMap((name) =>
      placesOf(`${pointer}/${name}`, expected[name], actual[name]),
    )
  }
  return [`${pointer || '/'}: expected ${JSON.stringify(expected)}, came ${JSON.stringify(actual)}`]
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
