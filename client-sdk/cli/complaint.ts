import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { drawDrift, parseDrift } from './drift-text.ts'
import { plainText } from './plain-text.ts'
import type { Session } from './session.ts'
import { write } from './session.ts'
import { drawSkipped, parseSkipped } from './skipped.ts'

/** Members of an error's detail that the problem has a place of their own for. */
const ownPlaces = ['requestId', 'pointer', 'status', 'fromCatalog'] as const

/** Says on stderr what went wrong: a sentence for a person, the problem as one line of JSON for a program. */
export async function complain(session: Session, error: unknown): Promise<void> {
  const known = isCatalogError(error)
    ? error
    : new CatalogError('INTERNAL', unforeseen(error), { cause: error })
  if (session.json) {
    await write(session.errors, `${JSON.stringify(problemOf(known))}\n`)
    return
  }
  const { style } = session.errorScreen
  const lines = [`${style('red', 'cairn')}: ${known.code}: ${plainText(known.message)}`]
  const skipped = parseSkipped(known.detail['skipped'])
  if (skipped.length > 0) lines.push(drawSkipped(session.errorScreen, skipped))
  const drift = parseDrift(known.detail['drift'])
  if (drift !== undefined) lines.push(drawDrift(session.errorScreen, drift))
  const { requestId } = known.detail
  if (typeof requestId === 'string') {
    lines.push(style('dim', `request ${plainText(requestId)}`))
  }
  await write(session.errors, `${lines.join('\n')}\n`)
}

/** The problem as the catalog would have sent it, also when the error arose here. */
function problemOf(error: CatalogError): object {
  const { code, message: detail, retryable } = error
  const { requestId, pointer, status } = error.detail
  const facts = Object.entries(error.detail).filter(
    ([name]) => !ownPlaces.some((own) => own === name),
  )
  return {
    type: `urn:cairn:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: code,
    ...(status === undefined ? {} : { status }),
    detail,
    code,
    retryable,
    ...(requestId === undefined ? {} : { requestId }),
    ...(pointer === undefined ? {} : { pointer }),
    ...(facts.length === 0 ? {} : { facts: Object.fromEntries(facts) }),
  }
}

function unforeseen(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  return `The command failed in a way it did not foresee: ${said}. NODE_DEBUG=cairn shows where.`
}
