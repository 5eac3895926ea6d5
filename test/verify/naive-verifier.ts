import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Verifies a tile folder, written from the C2SP texts alone: deliberately naive, and of `schema/` and
 * `client-sdk/` nothing is used, so that no mistake is shared. Throws at the first fault.
 */
export function verifyFolderNaively(directory: string, vkey: string): number {
  const note = readFileSync(join(directory, 'checkpoint'), 'utf8')
  const cut = note.lastIndexOf('\n\n')
  const body = note.slice(0, cut + 1)
  demand(
    isSigned(
      body,
      note
        .slice(cut + 2)
        .trimEnd()
        .split('\n'),
      vkey,
    ),
    'no good signature',
  )
  const [origin, sizeText, rootText] = body.split('\n')
  demand(origin === vkey.split('+')[0], 'origin is not the key name')
  const size = Number(sizeText)
  const leaves: Buffer[] = []
  for (let first = 0; first < size; first += 256) {
    const width = Math.min(256, size - first)
    const place = numberPath(first / 256) + (width < 256 ? `.p/${width}` : '')
    const bundle = readFileSync(join(directory, 'tile/entries', place))
    let at = 0
    for (let count = 0; count < width; count += 1) {
      const length = bundle.readUInt16BE(at)
      demand(at + 2 + length <= bundle.length, 'bundle is cut')
      leaves.push(sha256(Buffer.of(0), bundle.subarray(at + 2, at + 2 + length)))
      at += 2 + length
    }
    demand(at === bundle.length, 'bundle goes on')
  }
  // Each level of tiles: the roots of all whole groups of 256 of the level below.
  let hashes = leaves
  for (let level = 0; hashes.length > 0; level += 1) {
    const above: Buffer[] = []
    for (let first = 0; first < hashes.length; first += 256) {
      const group = hashes.slice(first, first + 256)
      const suffix = group.length < 256 ? `.p/${group.length}` : ''
      const path = join(directory, `tile/${level}/${numberPath(first / 256)}${suffix}`)
      demand(readFileSync(path).equals(Buffer.concat(group)), `${path} differs`)
      if (group.length === 256) above.push(rootOf(group))
    }
    hashes = above
  }
  demand(rootOf(leaves).toString('base64') === rootText, 'root differs')
  return size
}

function isSigned(body: string, lines: readonly string[], vkey: string): boolean {
  const [name = '', id = ''] = vkey.split('+')
  const typed = Buffer.from(vkey.slice(name.length + id.length + 2), 'base64')
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  const expected = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4)
  demand(typed[0] === 1 && expected.toString('hex') === id, 'bad key')
  return lines.some((line) => {
    const [dash, who, blob = ''] = line.split(' ')
    const bytes = Buffer.from(blob, 'base64')
    if (dash !== '—' || who !== name || !bytes.subarray(0, 4).equals(expected)) return false
    return verify(null, Buffer.from(body), key, bytes.subarray(4))
  })
}

function rootOf(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes
  if (only === undefined) return sha256()
  if (hashes.length === 1) return only
  let split = 1
  while (split * 2 < hashes.length) split *= 2
  return sha256(Buffer.of(1), rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)))
}

function numberPath(index: number): string {
  const last = String(index % 1000).padStart(3, '0')
  return index < 1000 ? last : `${groups(Math.floor(index / 1000))}/${last}`
}

function groups(index: number): string {
  const last = `x${String(index % 1000).padStart(3, '0')}`
  return index < 1000 ? last : `${groups(Math.floor(index / 1000))}/${last}`
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
