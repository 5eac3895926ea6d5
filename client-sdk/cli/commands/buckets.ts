import type { Bucket, BucketFindings, FeatureFinding, LifecycleThreat } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { required } from '../flag.ts'
import { readName } from '../flag-values.ts'
import { asOf } from '../listing.ts'
import { formatCount } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, drawTable, type Column } from '../table.ts'

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
    bucket: required({ usage: '<bucket>', summary: 'its name in the configuration' }, readName),
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

export const bucketCommands = [list, probe] as const
