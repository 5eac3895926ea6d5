import { Type } from 'typebox'
import { JsonMap } from '../json-value.ts'
import { Digest, LogIndex } from '../names.ts'
import { pageOf, pageQuery } from '../page.ts'
import { closed, inNamespace, operation, prefix } from './operation.ts'

/** One appended fact: its position, its leaf hash and what it says. */
export const EntryRecord = closed(
  {
    index: LogIndex,
    leafHash: Type.String({ description: 'RFC 6962 leaf hash, base64.' }),
    entry: JsonMap,
  },
  'EntryRecord',
)

export const auditOperations = {
  getHistory: operation({
    method: 'GET',
    path: `${prefix}/checkpoints/{digest}/history`,
    summary: 'Everything recorded about a checkpoint, oldest first',
    tag: 'lineage',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, digest: Digest }),
    query: closed(pageQuery),
    response: pageOf(EntryRecord, 'HistoryPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'INVALID_CURSOR'],
  }),
  listEntries: operation({
    method: 'GET',
    path: `${prefix}/entries`,
    summary: "Read the namespace's log in order",
    tag: 'log',
    verb: 'audit',
    reach: 'namespace',
    params: closed(inNamespace),
    query: closed({
      after: Type.Optional(
        Type.Integer({
          description: 'Index of the last entry already seen; -1 or absent for the beginning.',
          minimum: -1,
          maximum: Number.MAX_SAFE_INTEGER,
        }),
      ),
      limit: pageQuery.limit,
    }),
    response: closed({ items: Type.Array(EntryRecord), size: LogIndex }, 'EntryPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND'],
  }),
}
