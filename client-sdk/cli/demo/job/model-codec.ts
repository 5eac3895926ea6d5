import { CatalogError } from '../../../../schema/errors.ts'
import { copyModel, createModel, type Model } from './model.ts'

/** What the files of this codec are called in manifests. */
export const MODEL_FORMAT = { name: 'flight-delay-regression', version: '1' } as const

/** `CDFM` and `CDDM`: the first four bytes, little-endian. */
const MAGIC = { full: 0x4d464443, delta: 0x4d444443 } as const
const HEADER_BYTES = 12
const NUMBER_BYTES = 8
const PLACE_BYTES = 4
const CHANGE_BYTES = PLACE_BYTES + 2 * NUMBER_BYTES
/** Sixteen million weights take 256 MiB; more is a damaged header. */
const WEIGHTS_MAX_COUNT = 2 ** 24

/** Encodes all of a model: magic, count and count again, then weights and velocities as binary64, little-endian. */
export function encodeModel({ weights, velocity }: Model): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 2 * NUMBER_BYTES * weights.length)
  const view = writeHeader(bytes, MAGIC.full, {
    weightCount: weights.length,
    count: weights.length,
  })
  let at = HEADER_BYTES
  for (const numbers of [weights, velocity]) {
    for (const number of numbers) {
      view.setFloat64(at, number, true)
      at += NUMBER_BYTES
    }
  }
  return bytes
}

/** Encodes what differs from a base, bit by bit: place, weight and velocity of each weight that moved. */
export function encodeChange(model: Model, base: Model): Uint8Array {
  const places = changedPlaces(model, base)
  const bytes = new Uint8Array(HEADER_BYTES + CHANGE_BYTES * places.length)
  const weightCount = model.weights.length
  const view = writeHeader(bytes, MAGIC.delta, { weightCount, count: places.length })
  let at = HEADER_BYTES
  for (const place of places) {
    view.setUint32(at, place, true)
    view.setFloat64(at + PLACE_BYTES, model.weights[place] ?? 0, true)
    view.setFloat64(at + PLACE_BYTES + NUMBER_BYTES, model.velocity[place] ?? 0, true)
    at += CHANGE_BYTES
  }
  return bytes
}

/**
 * Decodes a whole model.
 *
 * @throws {BLOB_CORRUPT} the bytes are no whole model
 */
export function decodeModel(bytes: Uint8Array): Model {
  const { view, weightCount } = readHeader(bytes, MAGIC.full, 2 * NUMBER_BYTES)
  const model = createModel(weightCount)
  let at = HEADER_BYTES
  for (const numbers of [model.weights, model.velocity]) {
    for (let place = 0; place < weightCount; place += 1) {
      numbers[place] = view.getFloat64(at, true)
      at += NUMBER_BYTES
    }
  }
  return model
}

/**
 * Applies a change to the model that it was made from, which stays as it is.
 *
 * @throws {BLOB_CORRUPT} the bytes are no change of a model of this size
 */
export function applyChange(base: Model, bytes: Uint8Array): Model {
  const { view, weightCount, count } = readHeader(bytes, MAGIC.delta, CHANGE_BYTES)
  if (weightCount !== base.weights.length) throw damaged('it changes a model of another size')
  const model = copyModel(base)
  for (let change = 0; change < count; change += 1) {
    const at = HEADER_BYTES + change * CHANGE_BYTES
    const place = view.getUint32(at, true)
    if (place >= weightCount) throw damaged(`it changes weight ${place} of ${weightCount}`)
    model.weights[place] = view.getFloat64(at + PLACE_BYTES, true)
    model.velocity[place] = view.getFloat64(at + PLACE_BYTES + NUMBER_BYTES, true)
  }
  return model
}

function changedPlaces(model: Model, base: Model): readonly number[] {
  const weights = [bitsOf(model.weights), bitsOf(base.weights)] as const
  const velocity = [bitsOf(model.velocity), bitsOf(base.velocity)] as const
  const places: number[] = []
  for (let place = 0; place < model.weights.length; place += 1) {
    const same =
      weights[0][place] === weights[1][place] && velocity[0][place] === velocity[1][place]
    if (!same) places.push(place)
  }
  return places
}

/** Compared as numbers, 0 and -0 would be the same. */
function bitsOf(numbers: Float64Array): BigUint64Array {
  return new BigUint64Array(numbers.buffer, numbers.byteOffset, numbers.length)
}

function writeHeader(
  bytes: Uint8Array,
  magic: number,
  { weightCount, count }: { readonly weightCount: number; readonly count: number },
): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint32(0, magic, true)
  view.setUint32(4, weightCount, true)
  view.setUint32(8, count, true)
  return view
}

function readHeader(
  bytes: Uint8Array,
  magic: number,
  itemBytes: number,
): { readonly view: DataView; readonly weightCount: number; readonly count: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== magic) {
    throw damaged('it does not begin as one')
  }
  const weightCount = view.getUint32(4, true)
  const count = view.getUint32(8, true)
  if (weightCount > WEIGHTS_MAX_COUNT || bytes.length !== HEADER_BYTES + count * itemBytes) {
    throw damaged(`its ${bytes.length} bytes do not hold what its header says`)
  }
  if (magic === MAGIC.full && count !== weightCount) throw damaged('its counts differ')
  return { view, weightCount, count }
}

function damaged(why: string): CatalogError {
  return new CatalogError(
    'BLOB_CORRUPT',
    `The file is no saved model: ${why}. Restore from an earlier checkpoint.`,
  )
}
