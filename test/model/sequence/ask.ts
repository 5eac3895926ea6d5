import { readCallOf, type Question } from '../oracle/question.ts'
import type { Reply } from '../oracle/reply.ts'
import type { Called } from '../../harness/catalog.ts'
import { comparable, mismatch, refusalDifference, valueDifference } from './compare.ts'
import { lineageDifference } from './compare-lineage.ts'

/** Sends a call below the namespace. */
export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Called>

/** Pages of one list, at most: far above what a sequence can fill. */
const PAGES_MAX_COUNT = 200

/** Asks, walking a list page by page; a list's answer is all its items. */
export async function askAll(
  send: Send,
  question: Question,
  asOf: number | undefined,
): Promise<Called> {
  const { body, method, paged, path } = readCallOf(question, asOf)
  const first = await send(method, path, body)
  if (!paged || first.status !== 200) return first
  const items: unknown[] = [...first.body.items]
  let next: unknown = first.body.next
  for (let page = 1; typeof next === 'string' && page < PAGES_MAX_COUNT; page += 1) {
    const following = await send(method, `${path}&cursor=${encodeURIComponent(next)}`)
    if (following.status !== 200) return following
    items.push(...following.body.items)
    next = following.body.next
  }
  return { ...first, body: items }
}

/** How an answer to a question differs from what must come. */
export function replyDifference(
  question: Question,
  reply: Reply,
  called: Called,
): string | undefined {
  const { body, status } = called
  if ('broken' in reply) return refusalDifference(reply.broken, called)
  if (status !== 200) return mismatch('an answer', reply, { status, ...body })
  if ('family' in reply) {
    return lineageDifference(question.op === 'lineage' ? question.limit : 0, reply.family, body)
  }
  return valueDifference(reply.answer, comparable(question.op, body))
}
