import { Type } from 'typebox'
import { CheckpointSummary } from '../checkpoint.ts'
import { Comparison, Lineage } from '../lineage.ts'
import { Digest, RunId, Step } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import { Replayability, StepComparison } from '../replay.ts'
import { closed, inNamespace, noQuery, operation, prefix } from './operation.ts'

/** Farthest that one lineage question looks. */
export const LINEAGE_MAX_DEPTH = 1000
/** Most nodes of one lineage answer. */
export const LINEAGE_MAX_COUNT = 1000

/** Most steps of one page of compared lines: two manifests are read for each. */
const COMPARED_MAX_COUNT = 100
/** Steps of such a page when none are asked for. */
export const COMPARED_DEFAULT_COUNT = 25

const onLine = {
  minStep: Type.Optional(Step),
  maxStep: Type.Optional(Step),
  ...pageQuery,
  ...asOfQuery,
}

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
  getReplayability: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/replay`,
    summary: 'Grade how replayable a checkpoint is, and name what is missing',
    tag: 'lineage',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: noQuery,
    response: Replayability,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND'],
  }),
  listLine: operation({
    method: 'GET',
    path: `${prefix}/runs/{run}/line`,
    summary: 'List the checkpoints of the line that leads to a run, oldest first',
    description:
      'What the run restored from, as far as it was taken over, and then its own; withdrawn ones too.',
    tag: 'lineage',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, run: RunId }),
    query: closed(onLine),
    response: pageOf(CheckpointSummary, 'LinePage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'RUN_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  compareRuns: operation({
    method: 'GET',
    path: `${prefix}/runs/{run}/comparison/{against}`,
    summary: 'Compare the lines that lead to two runs, step by step and oldest first',
    description:
      'Checkpoints of the same step and tier are compared by the digests of their blobs, and by how they came to be. A step that only one line has is `unknown`.',
    tag: 'lineage',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, run: RunId, against: RunId }),
    query: closed({
      ...onLine,
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: COMPARED_MAX_COUNT, default: COMPARED_DEFAULT_COUNT }),
      ),
    }),
    response: pageOf(StepComparison, 'StepComparisonPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'RUN_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
}
