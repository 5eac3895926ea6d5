import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import type {
  CheckpointReceipt,
  ConsistencyProof,
  Digest,
  EntryRecord,
  InclusionProof,
  LogKeys,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import { PageIterator } from '../page.ts'
import type { TileSource } from '../verify/tile-source.ts'
import type { Scope } from './scope.ts'

/** Which entries to read. */
export interface EntriesQuery {
  /** Index of the last entry already seen; -1 for the beginning. Default: -1. */
  readonly after?: number
  /** Entries of one page, 1 to 500. Default: 50. */
  readonly limit?: number
}

/** The append-only log of a namespace. */
export class Log {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Reads the log in order, up to where it ended when the last page was read. */
  entries(query: EntriesQuery = {}, options: CallOptions = {}): PageIterator<EntryRecord, number> {
    const { namespace, transport } = this.#scope
    return new PageIterator(async ({ cursor, limit, signal }) => {
      const after = cursor ?? query.after
      const count = limit ?? query.limit
      const input = {
        namespace,
        ...(after === undefined ? {} : { after }),
        ...(count === undefined ? {} : { limit: count }),
      }
      const { items, size } = await transport.call('listEntries', input, { ...options, signal })
      const last = items.at(-1)
      return { items, next: last === undefined || last.index >= size - 1 ? null : last.index }
    }, options.signal)
  }

  /**
   * Gets the newest signed tree head, a C2SP signed note. It is checked if the client has a `trust`;
   * otherwise {@link checkHead} does.
   *
   * @throws {PROOF_INVALID} nobody that the client trusts has signed it
   * @throws {LOG_CONTRADICTED} it does not continue the head that the client remembers
   * @see https://c2sp.org/tlog-checkpoint
   */
  async head(options?: CallOptions): Promise<string> {
    const { namespace, transport } = this.#scope
    const bytes = await transport.callForBytes('getTreeHead', { namespace }, options)
    const signedHead = new TextDecoder().decode(bytes)
    await transport.judgeHead(namespace, signedHead, options)
    return signedHead
  }

  /** Gets what the log says that its origin and keys are; pin them only when they agree with another source. */
  keys(options?: CallOptions): Promise<LogKeys> {
    const { namespace, transport } = this.#scope
    return transport.call('getLogKeys', { namespace }, options)
  }

  /**
   * Gets the inclusion proof of an entry in the log of a size, hashes in base64.
   *
   * @throws {LOG_INDEX_OUT_OF_RANGE} the log is not that large
   */
  inclusion(
    at: { readonly index: number; readonly size: number },
    options?: CallOptions,
  ): Promise<InclusionProof> {
    const { namespace, transport } = this.#scope
    return transport.call('getInclusionProof', { ...at, namespace }, options)
  }

  /**
   * Gets the consistency proof between two sizes of the log, each over 0, hashes in base64.
   *
   * @throws {LOG_INDEX_OUT_OF_RANGE} the log is not that large
   */
  consistency(
    between: { readonly from: number; readonly to: number },
    options?: CallOptions,
  ): Promise<ConsistencyProof> {
    const { namespace, transport } = this.#scope
    return transport.call('getConsistencyProof', { ...between, namespace }, options)
  }

  /**
   * Gets the entry that registered a checkpoint and the proof of it, for {@link checkCheckpoint}.
   *
   * @throws {CHECKPOINT_NOT_FOUND} it is not registered
   */
  receipt(checkpoint: Digest, options?: CallOptions): Promise<CheckpointReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('getReceipt', { namespace, digest: checkpoint }, options)
  }

  /** The log's files, for {@link auditLog} and {@link openTileProofs}; nothing in them is checked yet. */
  tiles(options?: CallOptions): TileSource {
    const { namespace, transport } = this.#scope
    return {
      read: async (path) => {
        if (path === 'checkpoint') {
          return await transport.callForBytes('getTreeHead', { namespace }, options)
        }
        if (!path.startsWith(TILES)) throw noFile()
        const tile = path.slice(TILES.length)
        try {
          return await transport.callForBytes('getTile', { namespace, tile }, options)
        } catch (error) {
          if (isCatalogError(error) && error.code === 'TILE_NOT_FOUND') return undefined
          throw error
        }
      },
    }
  }
}

const TILES = 'tile/'

function noFile(): CatalogError {
  return new CatalogError('INVALID_REQUEST', 'A log has "checkpoint" and files at "tile/…" only.')
}
