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

/** One batch of the access log: `hash` is SHA-256 over `previous` and `body`. */
export const AccessRecord = closed(
  {
    sequence: Type.Integer({
      description: 'From 0, without gaps.',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
    previous: Type.String({
      description:
        'Hash of the record before, base64; of the first, SHA-256 of `cairn access log v1`, a line feed, the namespace and a line feed.',
    }),
    hash: Type.String({
      description: 'SHA-256 over the bytes of `previous` and of `body`, base64.',
    }),
    body: Type.String({
      description:
        'Canonical JSON (RFC 8785): `v`, `at`, and `lines` of equal requests with their outcome (`appended`, `unchanged`, `refused`, `denied`), count, principal, operation, grant, and the entries made or the code; `dropped` counts denials that were too many to keep.',
    }),
  },
  'AccessRecord',
)

/** Where the access log ended before the page was read; records that are there must reach it. */
const AccessEnd = closed(
  {
    count: Type.Integer({
      description: 'Records of the access log.',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
    hash: Type.String({
      description: 'Hash of the newest record, base64; empty where there is none.',
    }),
  },
  'AccessEnd',
)

const AccessPage = closed(
  {
    items: Type.Array(AccessRecord),
    next: Type.Union([Type.String(), Type.Null()]),
    end: AccessEnd,
  },
  'AccessPage',
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
    errors: ['NAMESPACE_NOT_FOUND', 'CHECKPOINT_NOT_FOUND', 'INVALID_CURSOR', 'LOG_CORRUPT'],
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
    errors: ['NAMESPACE_NOT_FOUND', 'LOG_CORRUPT'],
  }),
  listAccessLog: operation({
    method: 'GET',
    path: `${prefix}/access-log`,
    summary: 'Read who asked what: every write, and every request that was denied',
    tag: 'log',
    verb: 'audit',
    reach: 'namespace',
    params: closed(inNamespace),
    query: closed({
      ...pageQuery,
      order: Type.Optional(
        Type.Union([Type.Literal('oldest-first'), Type.Literal('newest-first')], {
          description: 'Which records come first.',
          default: 'oldest-first',
        }),
      ),
    }),
    response: AccessPage,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR'],
  }),
}
