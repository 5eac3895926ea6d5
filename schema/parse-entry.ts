import type { Entry } from './entry.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** An entry from its bytes, stored or foreign; undefined if they are no JSON object. */
export function parseEntry(bytes: Uint8Array): Entry | undefined {
  try {
    const found: unknown = JSON.parse(utf8.decode(bytes))
    return typeof found === 'object' && found !== null ? (found as Entry) : undefined
  } catch {
    return undefined
  }
}
