import type { Digest } from '../../schema/digest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { bytes, integer, text } from './column.ts'

/** The log, what proves it, and the working state of those who write to it. */
export const logTables = {
  entry: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    bytes: bytes(),
    leaf_hash: bytes(),
  },
  /** The document that the entry of this index names by its digest. */
  document: {
    namespace: text<NamespaceName>(),
    log_index: integer<LogIndex>(),
    bytes: bytes(),
  },
  /** 256 hashes of `level`; `root` is the hash over them, which the level above collects. */
  tile: {
    namespace: text<NamespaceName>(),
    level: integer(),
    tile_index: integer(),
    hashes: bytes(),
    root: bytes(),
  },
  tree_head: {
    namespace: text<NamespaceName>(),
    size: integer(),
    root: bytes(),
    at_ms: integer(),
  },
  /** One row a batch: who asked what; `hash` is over the `previous` one and `body`. */
  access_log: {
    namespace: text<NamespaceName>(),
    sequence: integer(),
    previous: bytes(),
    hash: bytes(),
    body: bytes(),
  },
  /** One row a namespace, locked by whoever appends: where its log ends, and where its access log does. */
  log_head: {
    namespace: text<NamespaceName>(),
    size: integer(),
    compact_range: bytes(),
    access_count: integer(),
    /** Of the newest record; empty where there is none. */
    access_hash: bytes(),
  },
  idempotency: {
    principal: text(),
    key: text(),
    request_digest: text<Digest>(),
    result: text(),
    at_ms: integer(),
  },
} as const
