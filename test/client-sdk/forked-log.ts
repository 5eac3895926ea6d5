import { digestOf } from '../../client-sdk/document-digest.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { leafHash } from '../../schema/merkle.ts'
import { encodeBase64 } from '../../schema/transparency/base64.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { newSigner, tileLogOf } from '../verify/tile-log.ts'
import { json, problem, type SeenRequest } from './fake-fetch.ts'

/** A catalog of which only registrations and the log matter, and whose log can be made to lie. */
export class ForkedLog {
  readonly #signer = newSigner()
  #entries: Uint8Array[] = []

  get verifierKey(): string {
    return formatVerifierKey(this.#signer.key)
  }

  get signedHead(): string {
    return tileLogOf(this.#entries, this.#signer).headAt(this.#entries.length)
  }

  /** Puts another entry in the place of the first, as if it had always been there. */
  rewrite(): void {
    this.#entries[0] = new TextEncoder().encode('{"kind":"another past"}')
  }

  /** Forgets the newest entries, as a restored copy of the database does. */
  setBack(count: number): void {
    this.#entries = this.#entries.slice(0, -count)
  }

  /** Appends an entry of which only the bytes matter. */
  append(entry: string): void {
    this.#entries.push(new TextEncoder().encode(entry))
  }

  readonly respond = async (request: SeenRequest): Promise<Response> => {
    const { pathname, searchParams } = request.url
    if (request.method === 'POST') return json(this.#register(request.body ?? ''), 201)
    if (pathname.endsWith('/log/checkpoint')) return new Response(this.signedHead)
    const receiptOf = /\/checkpoints\/([^/]+)\/receipt$/.exec(pathname)?.[1]
    if (receiptOf !== undefined) return this.#receipt(decodeURIComponent(receiptOf))
    const tile = /\/log\/(tile\/.+)$/.exec(pathname)?.[1]
    if (tile !== undefined) {
      const bytes = tileLogOf(this.#entries, this.#signer).files.get(tile)
      return bytes === undefined
        ? problem(404, 'TILE_NOT_FOUND')
        : new Response(Uint8Array.from(bytes))
    }
    const [from, to] = ['from', 'to'].map((name) => Number(searchParams.get(name)))
    if (from === undefined || to === undefined || to > this.#entries.length) {
      return problem(400, 'LOG_INDEX_OUT_OF_RANGE')
    }
    const path = tileLogOf(this.#entries, this.#signer).tree.consistency(from, to)
    return json({ from, to, path: path.map(encodeBase64) })
  }

  #register(body: string): object {
    const manifest = body.slice('{"manifest":'.length, -1)
    const subject = digestOf(manifest)
    this.append(canonicalize({ kind: 'checkpoint.registered', v: 1, subject }))
    const index = this.#entries.length - 1
    const bytes = this.#entries[index] ?? new Uint8Array()
    return {
      checkpoint: subject,
      index,
      leafHash: encodeBase64(leafHash(bytes)),
      proof: tileLogOf(this.#entries, this.#signer).receiptOf(index),
    }
  }

  #receipt(checkpoint: string): Response {
    const at = this.#entries.findIndex((entry) =>
      new TextDecoder().decode(entry).includes(checkpoint),
    )
    const entry = this.#entries[at]
    if (entry === undefined) return problem(404, 'CHECKPOINT_NOT_FOUND')
    const proof = tileLogOf(this.#entries, this.#signer).receiptOf(at)
    return json({ checkpoint, index: at, entry: encodeBase64(entry), proof })
  }
}
