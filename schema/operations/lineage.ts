import { Type } from 'typebox'
import { Comparison, Lineage } from '../lineage.ts'
import { Digest } from '../names.ts'
import { asOfQuery } from '../page.ts'
import { closed, inNamespace, noQuery, operation, prefix } from './operation.ts'

/** Farthest that one lineage question looks. */
export const LINEAGE_MAX_DEPTH = 1000
/** Most nodes of one lineage answer. */
export const LINEAGE_MAX_COUNT = 1000

export const lineageOperations = {
  getLineage: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/lineage`,
    summary: 'Get ancestors or descendants, bounded in depth and count',
    tag: 'lineage',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: closed({
      direction: Type.Optional(
        Type.Enum(['ancestors', 'descendants'], { title: 'Direction', default: 'ancestors' }),
      ),
      depth: Type.Optional(Type.Integer({ minimum: 1, maximum: LINEAGE_MAX_DEPTH, default: 10 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LINEAGE_MAX_COUNT, default: 100 })),
      ...asOfQuery,
    }),
    response: Lineage,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  compareCheckpoints: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/comparison/{other}`,
    summary: 'Compare parameters, seeds, inputs, format and environment of two checkpoints',
    tag: 'lineage',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest, other: Digest }),
    query: noQuery,
    response: Comparison,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND'],
  }),
}
