import { encodeBase64 } from '../../schema/transparency/base64.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import { auditLog } from '../verify/audit-log.ts'
import type { TrustRoot } from '../verify/check-head.ts'
import type { TileSource } from '../verify/tile-source.ts'
import { drawVerdict } from './finding-columns.ts'
import { openProgress } from './progress.ts'
import { formatCount } from './quantity.ts'
import type { Report, Session } from './session.ts'

/** A tree head as the commands print it: origin, size, root in base64. */
export interface PrintedHead {
  readonly origin: string
  readonly size: number
  readonly root: string
}

/** A tree head for print. */
export function printHead({ origin, size, root }: TreeHead): PrintedHead {
  return { origin, size, root: encodeBase64(root) }
}

/** Audits a whole log, shows how far it is, and reports all that was found wrong. */
export async function reportAudit(
  session: Session,
  source: TileSource,
  trust: TrustRoot,
): Promise<Report> {
  const progress = openProgress(session, { label: 'auditing', unit: 'entries' })
  const verdict = await auditLog(source, {
    ...trust,
    onProgress: ({ checkedCount, size }) => progress.show({ done: checkedCount, total: size }),
  })
  progress.end()
  const { ok, findings, checkedCount, complete } = verdict
  const head = verdict.head && printHead(verdict.head)
  return {
    document: { ok, ...(head === undefined ? {} : { head }), checkedCount, complete, findings },
    hasFindings: !ok,
    // Of a log that could not be read to its end nothing is known to be wrong.
    ...(findings.length > 0 && findings.every((one) => one.code === 'source-failed')
      ? { ending: 'unavailable' }
      : {}),
    text: (screen) =>
      drawVerdict(
        screen,
        [
          ['origin', head?.origin],
          ['size', head?.size],
          ['root', head?.root],
          ['checked', formatCount(checkedCount, 'entry', 'entries')],
          ['complete', complete ? undefined : 'no, there was too much wrong to go on'],
        ],
        findings,
      ),
  }
}
