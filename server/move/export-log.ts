import type { NamespaceName } from '../../schema/names.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Reader } from '../store/database.ts'
import { openFrameWriter, type Frame } from './export-frames.ts'
import { readTreeHead } from '../log/read-tiles.ts'
import type { Signer } from '../signing/signer.ts'
import { storedDocuments, storedEntries, storedHeads } from '../log/stored-log.ts'

/** Frames are handed on when they have this many bytes, or with the document that goes beyond. */
const CHUNK_BYTES = 256 * 1024

/** How far an export or import is. */
export interface MoveProgress {
  readonly entryCount: number
  /** Entries in all. */
  readonly size: number
}

/**
 * The newest state of a namespace's log as one verifiable file, piece by piece: entries, documents, tree
 * heads, the signed head, the keys that verify it. Memory is bounded whatever the log's size, and what is
 * appended meanwhile is left out.
 *
 * @throws {NAMESPACE_NOT_FOUND}
 * @see docs/export-format.md
 */
export async function* exportLog(
  { db, signer }: { readonly db: Reader; readonly signer: Signer },
  namespace: NamespaceName,
  onProgress: (progress: MoveProgress) => void,
): AsyncGenerator<Uint8Array> {
  const newest = await readTreeHead(db, namespace)
  const signedHead = await signer.signStored(namespace, newest)
  const writer = openFrameWriter()
  let frames = [headerOf(signer, namespace, newest.size)]
  let sizeBytes = 0
  for await (const frame of framesOf(db, namespace, newest.size)) {
    frames.push(frame)
    sizeBytes += frame.payload.length
    if (frame.kind === 'head') {
      onProgress({ entryCount: parseInt(textOf(frame), 10), size: newest.size })
    }
    if (sizeBytes < CHUNK_BYTES) continue
    yield writer.write(frames)
    frames = []
    sizeBytes = 0
  }
  yield writer.write([...frames, frameOf('signed-head', signedHead)])
  yield writer.end()
}

type NewFrame = Omit<Frame, 'offset'>

/** Every entry, after it its document, and after the last of a batch its tree head. */
async function* framesOf(
  db: Reader,
  namespace: NamespaceName,
  size: number,
): AsyncGenerator<NewFrame> {
  const documents = storedDocuments(db, namespace, { from: 0, to: size })
  const heads = storedHeads(db, namespace, size)
  let document = await documents.next()
  let head = await heads.next()
  for await (const entry of storedEntries(db, namespace, { from: 0, to: size })) {
    yield { kind: 'entry', payload: entry.bytes }
    if (document.value?.log_index === entry.log_index) {
      yield { kind: 'document', payload: document.value.bytes }
      document = await documents.next()
    }
    if (head.value?.size === entry.log_index + 1) {
      yield frameOf('head', `${head.value.size} ${encodeBase64(head.value.root)}`)
      head = await heads.next()
    }
  }
}

function headerOf(signer: Signer, namespace: NamespaceName, size: number): NewFrame {
  const keys = signer.verifierKeys(namespace).map(formatVerifierKey)
  return frameOf('header', JSON.stringify({ namespace, size, keys }))
}

function frameOf(kind: NewFrame['kind'], text: string): NewFrame {
  return { kind, payload: Buffer.from(text) }
}

function textOf({ payload }: NewFrame): string {
  return Buffer.from(payload).toString()
}
