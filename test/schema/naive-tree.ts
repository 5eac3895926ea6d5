import { hash } from 'node:crypto'

/**
 * The recursive reading of RFC 6962 section 2.1, straight from its formulas, to judge ours by.
 *
 * Nothing of `schema/` is used, so that no mistake is shared.
 */
export function naiveTree(leaves: readonly Uint8Array[]) {
  const known = new Map<string, Uint8Array>()

  function root(from: number, to: number): Uint8Array {
    const name = `${from}-${to}`
    const found = known.get(name) ?? computeRoot(from, to)
    known.set(name, found)
    return found
  }

  function computeRoot(from: number, to: number): Uint8Array {
    if (from === to) return digest([])
    if (to - from === 1) return digest([Uint8Array.of(0), leaves[from] ?? new Uint8Array()])
    const middle = from + widthBelow(to - from)
    return digest([Uint8Array.of(1), root(from, middle), root(middle, to)])
  }

  function inclusion(index: number, from: number, to: number): readonly Uint8Array[] {
    if (to - from === 1) return []
    const middle = from + widthBelow(to - from)
    return index < middle
      ? [...inclusion(index, from, middle), root(middle, to)]
      : [...inclusion(index, middle, to), root(from, middle)]
  }

  function consistency(oldTo: number, from: number, to: number): readonly Uint8Array[] {
    if (oldTo === to) return from === 0 ? [] : [root(from, to)]
    const middle = from + widthBelow(to - from)
    return oldTo <= middle
      ? [...consistency(oldTo, from, middle), root(middle, to)]
      : [...consistency(oldTo, middle, to), root(from, middle)]
  }

  return {
    root,
    nodeAt: (level: number, index: number) => root(index * 2 ** level, (index + 1) * 2 ** level),
    inclusion: (index: number, size: number) => inclusion(index, 0, size),
    consistency: (oldSize: number, newSize: number) => consistency(oldSize, 0, newSize),
  }
}

function digest(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(hash('sha256', Buffer.concat(parts), 'buffer'))
}

function widthBelow(leaves: number): number {
  return leaves <= 2 ? 1 : 2 * widthBelow(Math.ceil(leaves / 2))
}
