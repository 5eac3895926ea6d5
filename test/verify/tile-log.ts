import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TileSource } from '../../client-sdk/verify/tile-source.ts'
import { encodeEntryBundle } from '../../schema/transparency/entry-bundle.ts'
import { formatSignedNote, signedNoteMessage } from '../../schema/transparency/signed-note.ts'
import { entryBundlesOf, hashTilesOf } from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath } from '../../schema/transparency/tile-path.ts'
import { formatTlogProof } from '../../schema/transparency/tlog-proof.ts'
import { formatTreeHead } from '../../schema/transparency/tree-head.ts'
import { verifierKeyOf, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import { naiveTree } from '../schema/naive-tree.ts'

export const ORIGIN = 'cairn.example/flights'

/** Signs as a log does, with a key of its own. */
export interface LogSigner {
  readonly key: VerifierKey
  /** The signed tree head of a size and a root. */
  readonly head: (size: number, root: Uint8Array) => string
}

export function newSigner(origin = ORIGIN, keyName = origin): LogSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const key = verifierKeyOf('ed25519', keyName, Uint8Array.from(raw))
  const head = (size: number, root: Uint8Array): string => {
    const text = formatTreeHead({ origin, size, root })
    const signature = Uint8Array.from(sign(null, signedNoteMessage(text), privateKey))
    return formatSignedNote({ text, signatures: [{ keyName, keyId: key.keyId, signature }] })
  }
  return { key, head }
}

/** The files of a log by their path, as published at its full size, with hashes by the naive tree. */
export function tileLogOf(entries: readonly Uint8Array[], signer = newSigner()) {
  const tree = naiveTree(entries)
  const size = entries.length
  const files = new Map<string, Uint8Array>()
  for (const tile of hashTilesOf(size)) {
    const hashes = Array.from({ length: tile.width }, (_, at) =>
      tree.nodeAt(tile.level * 8, tile.index * 256 + at),
    )
    files.set(formatTilePath(tile), Uint8Array.from(Buffer.concat(hashes)))
  }
  for (const bundle of entryBundlesOf(size)) {
    const from = bundle.index * 256
    files.set(formatTilePath(bundle), encodeEntryBundle(entries.slice(from, from + bundle.width)))
  }
  const headAt = (at: number): string => signer.head(at, tree.root(0, at))
  files.set('checkpoint', new TextEncoder().encode(headAt(size)))
  const receiptOf = (index: number): string =>
    formatTlogProof({ index, path: tree.inclusion(index, size), signedHead: headAt(size) })
  return { key: signer.key, signer, tree, size, files, headAt, receiptOf }
}

/** Entries that differ, of a few bytes each. */
export function smallEntries(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => new TextEncoder().encode(`entry ${index}`))
}

/** A log's files in memory as a source. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): TileSource {
  return { read: (path) => Promise.resolve(files.get(path)) }
}

/** Writes a log's files into a folder. */
export async function writeFolder(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), bytes)
  }
}
