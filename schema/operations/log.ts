import { Type } from 'typebox'
import { Digest, LogIndex } from '../names.ts'
import { closed, inNamespace, noQuery, operation, prefix } from './operation.ts'

const LogSize = Type.Integer({
  description:
    'A number of entries; any size that the log has had, not only those of signed heads.',
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
})

const Hashes = Type.Array(Type.String(), {
  description: 'Hashes of 32 bytes, each in base64.',
  maxItems: 64,
})

/** RFC 6962 inclusion proof: sibling hashes from the leaf up. */
export const InclusionProof = closed(
  { index: LogIndex, size: LogSize, path: Hashes },
  'InclusionProof',
)

/** RFC 6962 consistency proof between two sizes of one log. */
export const ConsistencyProof = closed(
  { from: LogSize, to: LogSize, path: Hashes },
  'ConsistencyProof',
)

/** What a log calls itself, and the keys that its heads are signed with. */
export const LogKeys = closed(
  {
    origin: Type.String({ description: 'First line of every tree head of this log.' }),
    keys: Type.Array(Type.String(), {
      description:
        'Verifier keys as C2SP writes them, those that sign now first. Get them from elsewhere too before you trust them.',
    }),
  },
  'LogKeys',
)

/** All that it takes to check offline that a checkpoint is recorded. */
export const CheckpointReceipt = closed(
  {
    checkpoint: Digest,
    index: LogIndex,
    entry: Type.String({ description: 'The exact bytes of the entry, base64.' }),
    proof: Type.String({ description: 'C2SP tlog-proof: index, path and signed tree head.' }),
  },
  'CheckpointReceipt',
)

/** The log as a C2SP tiled log, and proofs from it. */
export const logOperations = {
  getTreeHead: operation({
    method: 'GET',
    path: `${prefix}/log/checkpoint`,
    summary: 'Get the newest signed tree head',
    description:
      'A C2SP signed note. The path is the one of C2SP tlog-tiles, which calls a signed tree head a checkpoint.',
    tag: 'log',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: noQuery,
    response: Type.String(),
    answer: 'bytes',
    contentType: 'text/plain; charset=utf-8',
    mayChange: true,
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'LOG_ROLLED_BACK'],
  }),
  getTile: operation({
    method: 'GET',
    path: `${prefix}/log/tile/{tile}`,
    tail: true,
    summary: 'Get a tile of hashes or a bundle of entries',
    description:
      'As C2SP tlog-tiles has it. Entry bundles show what every job does: they need `audit` on the whole namespace.',
    tag: 'log',
    verb: 'read',
    reach: 'none',
    params: closed({
      ...inNamespace,
      tile: Type.String({
        description:
          'Level and index, such as `0/x001/234`, or `entries/` and an index; `.p/` and a width from 1 to 255 for a partial one. Has slashes.',
        maxLength: 59,
        pattern: '^(?:entries|0|[1-9]\\d?)/(?:x\\d{3}/)*\\d{3}(?:\\.p/[1-9]\\d{0,2})?$',
      }),
    }),
    query: noQuery,
    response: Type.String(),
    answer: 'bytes',
    contentType: 'application/octet-stream',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'TILE_NOT_FOUND'],
  }),
  getInclusionProof: operation({
    method: 'GET',
    path: `${prefix}/log/proofs/inclusion`,
    summary: 'Prove that an entry is in the log of a size',
    tag: 'log',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({ index: LogIndex, size: LogSize }),
    response: InclusionProof,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  getConsistencyProof: operation({
    method: 'GET',
    path: `${prefix}/log/proofs/consistency`,
    summary: 'Prove that the log of one size is the beginning of that of another',
    tag: 'log',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({ from: LogSize, to: LogSize }),
    response: ConsistencyProof,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  getLogKeys: operation({
    method: 'GET',
    path: `${prefix}/log/keys`,
    summary: "Get the log's origin and verifier keys",
    tag: 'log',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: noQuery,
    response: LogKeys,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND'],
  }),
  getReceipt: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/receipt`,
    summary: 'Get the entry that registered a checkpoint, and the proof of it',
    description:
      'Entry, manifest and blobs make one chain: the entry names the digest of the manifest, which names those of the blobs.',
    tag: 'checkpoints',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: noQuery,
    response: CheckpointReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'LOG_ROLLED_BACK'],
  }),
}
