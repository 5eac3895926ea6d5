import type { BlobFault, PlaceStanding, Verification } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { optional, required } from '../flag.ts'
import { readChoice, readDigest } from '../flag-values.ts'
import { openProgress } from '../progress.ts'
import { formatBytes, formatCount } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { drawFacts, drawTable } from '../table.ts'

/** Has the catalog look at a checkpoint's blobs now. */
export const verify = command({
  words: 'verify',
  summary: "have the catalog look at a checkpoint's blobs now, and record what it finds",
  heading: 'Recovery',
  details:
    'With --depth verified, the default, the bytes of each pinned version must have the digest: by the checksum that its store attests where a probe has proven that, and by reading them otherwise. A blob that is gone or differs fails the checkpoint at once; what could not be looked at is unknown and changes nothing. Exit code 8 when the outcome is not "passed".',
  takes: {
    digest: required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest),
    depth: optional(
      { usage: '--depth <depth>', summary: 'present or verified; default verified' },
      readChoice('present', 'verified'),
    ),
    ...connection,
  },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const progress = openProgress(session, { label: 'verifying', unit: 'bytes' })
    const found = await client.checkpoints
      .verify(values.digest, values.depth ?? 'verified', {
        onProgress: ({ bytesDone, bytesTotal, blobsDone, blobCount }) =>
          progress.show({
            done: bytesDone,
            total: bytesTotal,
            also: `${blobsDone} of ${formatCount(blobCount, 'blob')}`,
          }),
      })
      .finally(() => progress.end())
    return {
      document: found,
      hasFindings: found.outcome !== 'passed' || (found.detail?.violations ?? []).length > 0,
      text: (screen) => drawVerification(screen, found),
    }
  },
})

const outcomeStyles = { passed: 'green', failed: 'red', unknown: 'yellow' } as const

function drawVerification(screen: Screen, found: Verification): string {
  const { outcome = 'unknown', evidence, detail } = found
  const encryption = (detail?.encryption ?? []).map(({ algorithm, keyId }) =>
    keyId === undefined ? algorithm : `${algorithm} ${keyId}`,
  )
  const facts = drawFacts(screen, [
    ['checkpoint', found.checkpoint],
    ['depth', found.depth],
    ['outcome', outcome],
    ['method', evidence?.method],
    ['blobs', `${found.blobsDone} of ${found.blobCount}`],
    ['read', evidence?.bytes === undefined ? undefined : formatBytes(evidence.bytes)],
    ['took', evidence?.durationMs === undefined ? undefined : `${evidence.durationMs} ms`],
    ['encryption', encryption.join(', ')],
    ['locked until', detail?.lockedUntil],
    ['violations', (detail?.violations ?? []).join('; ')],
    ['index', evidence?.index],
  ])
  const places = detail?.places ?? []
  return [
    screen.style(outcomeStyles[outcome], outcome.toUpperCase()),
    facts,
    ...(places.length === 0 ? [] : [drawPlaces(screen, places)]),
    ...(found.faults.length === 0 ? [] : [drawFaults(screen, found.faults)]),
  ].join('\n\n')
}

function drawPlaces(screen: Screen, places: readonly PlaceStanding[]): string {
  return drawTable(
    screen,
    [
      { title: 'BUCKET', value: (row) => row.bucket },
      { title: 'REGION', value: (row) => row.region },
      { title: 'BLOBS', value: (row) => row.blobCount, align: 'right' },
      { title: 'PASSED', value: (row) => row.passed, align: 'right' },
      { title: 'FAILED', value: (row) => row.failed, align: 'right' },
      { title: 'UNKNOWN', value: (row) => row.unknown, align: 'right' },
    ],
    places,
  )
}

function drawFaults(screen: Screen, faults: readonly BlobFault[]): string {
  return drawTable(
    screen,
    [
      { title: 'FAULT', value: (row) => row.code },
      { title: 'RANK', value: (row) => row.rank, align: 'right' },
      { title: 'BLOB', value: (row) => row.name, minWidth: 12 },
      { title: 'WHY', value: (row) => row.message, minWidth: 24 },
      { title: 'URI', value: (row) => `${row.uri} ${row.versionId}`, ownLine: true },
    ],
    faults,
  )
}
