import type { NamespaceName } from '../../schema/names.ts'

/** A file of a published log: its path relative to the log's prefix, and its bytes. */
export interface PublishedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Where the files of one log are published, under their C2SP paths. */
export interface TileSink {
  /** The bytes of the head, of at most `maxBytes`; undefined where there is none. */
  readHead(maxBytes: number): Promise<Uint8Array | undefined>
  /** Puts a head in the place of the one that was read last; false where another has taken it meanwhile. */
  replaceHead(bytes: Uint8Array): Promise<boolean>
  /** Which of these files are not there. */
  missing(paths: readonly string[]): Promise<readonly string[]>
  /** Adds files; when it resolves they are durable. Each is there whole or not at all, at any moment. */
  add(files: readonly PublishedFile[]): Promise<void>
  /** Removes what is kept at and below these paths, where anything is. */
  drop(paths: readonly string[]): Promise<void>
}

/** A place for the logs of all namespaces: a folder, or a bucket. */
export interface PublishTarget {
  sinkOf(namespace: NamespaceName): TileSink
  /** Lets go of it. */
  close(): void
}
