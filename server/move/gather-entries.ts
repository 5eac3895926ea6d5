import type { ExactAppend, ExactEntry } from './append-exact.ts'

/** Entries are stored when they and their documents have this many bytes, or are this many. */
const CHUNK_BYTES = 8 * 1024 * 1024
const CHUNK_COUNT = 256

/** Entries on their way to the exact door, some at a time, so that memory is bounded. */
export interface Gathering {
  addEntry(bytes: Uint8Array): Promise<void>
  /** Adds the document of the entry just before; false if that has one, or there is none. */
  addDocument(bytes: Uint8Array): boolean
  /** Stores what was gathered. */
  flush(): Promise<void>
}

/** Begins to gather for an exact door. */
export function gatherEntries(exact: ExactAppend): Gathering {
  let gathered: ExactEntry[] = []
  let sizeBytes = 0
  const flush = async (): Promise<void> => {
    if (gathered.length > 0) await exact.add(gathered)
    gathered = []
    sizeBytes = 0
  }
  return {
    addEntry: async (bytes) => {
      if (gathered.length >= CHUNK_COUNT || sizeBytes >= CHUNK_BYTES) await flush()
      gathered.push({ bytes })
      sizeBytes += bytes.length
    },
    addDocument: (document) => {
      const entry = gathered.at(-1)
      if (entry === undefined || entry.document !== undefined) return false
      gathered[gathered.length - 1] = { ...entry, document }
      sizeBytes += document.length
      return true
    },
    flush,
  }
}
