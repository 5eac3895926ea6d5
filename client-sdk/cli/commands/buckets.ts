import type {
  Bucket,
  BucketFindings,
  FeatureFinding,
  LifecycleThreat,
  Reconciliation,
} from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readName, readText } from '../flag-values.ts'
import { asOf } from '../listing.ts'
import { openProgress } from '../progress.ts'
import { formatBytes, formatCount, parseDurationSeconds } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { write } from '../session.ts'
import { drawFacts, drawTable, type Column } from '../table.ts'

const bucketPosition = required(
  { usage: '<bucket>', summary: 'its name in the configuration' },
  readName,
)

const list = command({
  words: 'buckets list',
  summary: 'list the buckets that the catalog may touch, and what their probes found',
  heading: 'Records',
  takes: { asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const items = await client.buckets.list(defined({ asOf: values.asOf }))
    return {
      document: { items },
      text: (screen) =>
        items.length === 0 ? 'No buckets.' : drawTable(screen, bucketColumns, items),
    }
  },
})

const probe = command({
  words: 'buckets probe',
  summary: 'try out what a bucket can do, and record it',
  heading: 'Records',
  details:
    'Writes to a scratch folder under the prefix of the bucket, and removes it. What is not proven is not used. Exit code 8 when the bucket keeps no versions, or a lifecycle rule threatens them.',
  takes: {
    bucket: bucketPosition,
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const found = await client.buckets.probe(values.bucket)
    const { findings } = found
    return {
      document: found,
      hasFindings: !isProven(findings, 'versions') || (findings.lifecycle ?? []).length > 0,
      text: (screen) => drawFindings(screen, values.bucket, findings),
    }
  },
})

const reconcile = command({
  words: 'buckets reconcile',
  summary: 'compare what a bucket holds with what checkpoints point at, both ways',
  heading: 'Records',
  details:
    'Lists every version and every pointer side by side: pointers whose version is gone, and versions that nobody points at. Records the counts; removes and demotes nothing. A checkpoint that lacks bytes is for "cairn verify", and an orphan is for whoever owns the bucket. With --inventory it lists nothing, and reads the versions that S3 has listed, in CSV with all versions, from a bucket that the catalog may touch: pointers that are newer than it are counted, and not called missing. When the server is gone meanwhile, --after goes on. Exit code 8 when there is something to look at.',
  takes: {
    bucket: bucketPosition,
    after: optional(
      { usage: '--after <cursor>', summary: 'go on where one that was cut off had come to' },
      readText,
    ),
    inventory: optional(
      {
        usage: '--inventory <uri>',
        summary: 'compare what the manifest.json of an S3 Inventory lists, s3://…',
      },
      readText,
    ),
    minAge: optional(
      { usage: '--min-age <time>', summary: 'younger versions are no orphans yet; default 1d' },
      parseDurationSeconds,
    ),
    ...connection,
  },
  run: async (session, values) => {
    const { bucket, after, inventory, minAge: minAgeSeconds } = values
    const client = await openClient(session, values)
    const progress = openProgress(session, { label: 'reconciling', unit: 'entries' })
    let next: string | undefined
    try {
      const found = await client.buckets.reconcile(
        bucket,
        defined({ after, inventory, minAgeSeconds }),
        {
          onProgress: ({ counts, next: from }) => {
            next = from ?? next
            const { versions, missing, orphans } = counts
            progress.show({ done: versions, also: `${missing} missing, ${orphans} orphans` })
          },
        },
      )
      const { missing, sizeDiffers, orphans } = found.counts
      return {
        document: found,
        hasFindings: missing + sizeDiffers + orphans > 0,
        text: (screen) => drawReconciliation(screen, found),
      }
    } catch (error) {
      if (next !== undefined) await write(session.errors, `Go on with --after ${next}\n`)
      throw error
    } finally {
      progress.end()
    }
  },
})

function drawReconciliation(screen: Screen, found: Reconciliation): string {
  const { counts, disagreements } = found
  const facts = drawFacts(screen, [
    ['bucket', found.bucket],
    ['versions', counts.versions],
    ['pointers', counts.references],
    ['inventory', found.inventory && `of ${found.inventory.createdAt}`],
    ['newer', counts.newer],
    ['missing', counts.missing],
    ['other size', counts.sizeDiffers],
    ['orphans', `${counts.orphans}, ${formatBytes(counts.orphanBytes)}`],
    ['abandoned', counts.abandoned === 0 ? undefined : counts.abandoned],
    ['too young', counts.young],
    ['index', found.index],
  ])
  if (disagreements.length === 0) return facts
  const table = drawTable(
    screen,
    [
      { title: 'WHAT', value: (row) => row.kind },
      { title: 'SIZE', value: (row) => formatBytes(row.sizeBytes), align: 'right' },
      { title: 'MODIFIED', value: (row) => row.lastModified },
      { title: 'URI', value: (row) => `${row.uri} ${row.versionId}`, ownLine: true },
      { title: 'CHECKPOINT', value: (row) => row.checkpoint, ownLine: true },
      { title: 'LEFT BY', value: (row) => row.reservation, ownLine: true },
    ],
    disagreements,
  )
  return `${facts}\n\n${table}`
}

const bucketColumns: readonly Column<Bucket>[] = [
  { title: 'BUCKET', value: (row) => row.bucket },
  { title: 'REGION', value: (row) => row.region ?? row.probe?.findings.region },
  { title: 'VERSIONS', value: (row) => row.probe?.findings.versioning },
  { title: 'LOCK', value: (row) => proofText(row, 'object-lock') },
  { title: 'ATTESTS', value: (row) => proofText(row, 'crc64nvme-attestation') },
  { title: 'THREATS', value: (row) => row.probe?.findings.lifecycle?.length, align: 'right' },
  { title: 'PROBED', value: (row) => row.probe?.at },
]

function proofText({ probe: newest }: Bucket, feature: FeatureFinding['feature']) {
  if (newest === undefined) return undefined
  return newest.findings.features.find((one) => one.feature === feature)?.result
}

function isProven(findings: BucketFindings, feature: FeatureFinding['feature']): boolean {
  return findings.features.some((one) => one.feature === feature && one.result === 'proven')
}

const resultStyles = { proven: 'green', refuted: 'red', unknown: 'yellow' } as const

function drawFindings(screen: Screen, bucket: string, findings: BucketFindings): string {
  const { objectLock, encryption, lifecycle } = findings
  const facts = drawFacts(screen, [
    ['bucket', bucket],
    ['region', findings.region],
    ['versioning', findings.versioning],
    ['lock', objectLock && `${objectLock.mode ?? 'no default'} ${objectLock.days ?? ''}`.trim()],
    ['encryption', encryption && `${encryption.algorithm} ${encryption.keyId ?? ''}`.trim()],
    ['lifecycle', lifecycle === null ? 'cannot be read' : formatCount(lifecycle.length, 'threat')],
    ['leftovers', findings.leftovers === 0 ? undefined : findings.leftovers],
  ])
  const features = drawTable(
    screen,
    [
      { title: 'FEATURE', value: (row) => row.feature },
      {
        title: 'RESULT',
        value: (row) => row.result,
        style: (row) => resultStyles[row.result],
      },
      { title: 'BECAUSE', value: (row) => row.because, minWidth: 20 },
    ],
    findings.features,
  )
  const threats =
    lifecycle === null || lifecycle.length === 0 ? [] : [drawThreats(screen, lifecycle)]
  return [facts, features, ...threats].join('\n\n')
}

function drawThreats(screen: Screen, threats: readonly LifecycleThreat[]): string {
  return drawTable(
    screen,
    [
      { title: 'RULE', value: (row) => row.rule },
      { title: 'PREFIX', value: (row) => row.prefix },
      { title: 'DESTROYS AFTER', value: (row) => formatCount(row.noncurrentDays, 'day') },
    ],
    threats,
  )
}

export const bucketCommands = [list, probe, reconcile] as const
