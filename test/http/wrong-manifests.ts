import { digestOf } from '../../schema/digest.ts'
import type { ErrorCode } from '../../schema/errors.ts'
import type { Manifest } from '../../schema/manifest.ts'
import { sampleBlob } from '../harness/samples.ts'

/** A digest that nothing has. */
export const nowhere = digestOf('nobody registered this')

/** Manifests that are wrong by themselves, from a right one. */
export const wrongManifests: readonly (readonly [
  string,
  ErrorCode,
  (right: Manifest) => unknown,
])[] = [
  ['a delta without a base', 'BASE_REQUIRED', (right) => ({ ...right, kind: 'delta' })],
  ['a full one with a base', 'BASE_REQUIRED', (right) => ({ ...right, base: nowhere })],
  ['a base of null', 'INVALID_DIGEST', (right) => ({ ...right, kind: 'delta', base: null })],
  ['an unknown kind', 'INVALID_REQUEST', (right) => ({ ...right, kind: 'partial' })],
  ['an unknown member', 'UNKNOWN_PROPERTY', (right) => ({ ...right, chunks: [] })],
  ['another version of the schema', 'INVALID_REQUEST', (right) => ({ ...right, schemaVersion: 2 })],
  ['a name outside the grammar', 'INVALID_NAME', (right) => ({ ...right, job: '../fares' })],
  ['a partition outside the grammar', 'INVALID_NAME', (right) => ({ ...right, partition: 'a/b' })],
  ['attempt 0', 'INVALID_REQUEST', (right) => ({ ...right, attempt: 0 })],
  ['no step', 'INVALID_REQUEST', (right) => ({ ...right, step: undefined })],
  ['no shards', 'INVALID_REQUEST', (right) => ({ ...right, shards: [] })],
  ['a trace that is none', 'INVALID_REQUEST', (right) => ({ ...right, trace: '00-1-2-3' })],
  [
    'a time that is none',
    'INVALID_REQUEST',
    (right) => ({ ...right, timing: { startedAt: 'now' } }),
  ],
  ['no parents in a list of them', 'INVALID_REQUEST', (right) => ({ ...right, parents: [] })],
  ['a missing rank', 'SHARDS_INCOMPLETE', (right) => ({ ...right, worldSize: 2 })],
  ['a rank beyond the world', 'SHARDS_INCOMPLETE', (right) => withShards(right, [0, 2])],
  ['a rank twice', 'SHARDS_INCOMPLETE', (right) => withShards(right, [0, 0])],
  [
    'a blob without a version',
    'UNPINNED_BLOB',
    (right) => withBlob(right, { versionId: undefined }),
  ],
  ['a version of null', 'UNPINNED_BLOB', (right) => withBlob(right, { versionId: null })],
  ['a version called null', 'UNPINNED_BLOB', (right) => withBlob(right, { versionId: 'null' })],
  ['an empty version', 'UNPINNED_BLOB', (right) => withBlob(right, { versionId: '' })],
  ['a blob without a digest', 'INVALID_DIGEST', (right) => withBlob(right, { digest: undefined })],
  [
    'a blob with half a digest',
    'INVALID_DIGEST',
    (right) => withBlob(right, { digest: 'sha256:0' }),
  ],
  ['a blob without a name', 'INVALID_NAME', (right) => withBlob(right, { name: '' })],
  ['a blob of negative size', 'INVALID_REQUEST', (right) => withBlob(right, { sizeBytes: -1 })],
  ['a blob at no URI', 'INVALID_REQUEST', (right) => withBlob(right, { uri: '/etc/passwd' })],
  [
    'two blobs of one name',
    'INVALID_REQUEST',
    (right) => ({
      ...right,
      shards: [{ rank: 0, blobs: [sampleBlob('a'), sampleBlob('a', 'b')] }],
    }),
  ],
  [
    'a seed of nothing',
    'INVALID_REQUEST',
    (right) => ({ ...right, shards: [{ rank: 0, blobs: [], seeds: [{ generator: 'pcg64' }] }] }),
  ],
  [
    'a seed in a blob that is not there',
    'INVALID_REQUEST',
    (right) => ({
      ...right,
      shards: [{ rank: 0, blobs: [], seeds: [{ generator: 'pcg64', stateBlob: 'rng' }] }],
    }),
  ],
]

function withShards(right: Manifest, ranks: readonly number[]): unknown {
  return { ...right, shards: ranks.map((rank) => ({ rank, blobs: [] })) }
}

function withBlob(right: Manifest, members: object): unknown {
  return { ...right, shards: [{ rank: 0, blobs: [{ ...sampleBlob('model.bin'), ...members }] }] }
}
