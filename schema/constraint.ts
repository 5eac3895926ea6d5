import { Type, type Static } from 'typebox'
import { Region } from './blob-reference.ts'
import type { SkipReason } from './checkpoint.ts'
import type { Immutable } from './immutable.ts'
import { Format, SHARDS_MAX_COUNT, type Manifest } from './manifest.ts'
import { Step } from './names.ts'

/** Formats, versions, regions or buckets that one request names: more than any caller has. */
const NAMED_MAX_COUNT = 64
/** A hundred years: longer than any state is kept. */
const AGE_MAX_SECONDS = 3_155_760_000

/** A checkpoint format that a caller can read. */
export const ReadableFormat = Type.Object(
  {
    name: Format.properties.name,
    versions: Type.Optional(
      Type.Array(Format.properties.version, {
        description: 'Default: every version.',
        minItems: 1,
        maxItems: NAMED_MAX_COUNT,
      }),
    ),
  },
  { title: 'ReadableFormat', additionalProperties: false },
)

/** Where nothing can be read from now. */
export const Unavailable = Type.Object(
  {
    regions: Type.Optional(Type.Array(Region, { maxItems: NAMED_MAX_COUNT })),
    buckets: Type.Optional(
      Type.Array(
        Type.String({
          description:
            "A bucket's name in the configuration of the catalog, or what its URIs begin with, such as `s3://states`.",
          minLength: 1,
          maxLength: 256,
        }),
        { maxItems: NAMED_MAX_COUNT },
      ),
    ),
  },
  { title: 'Unavailable', additionalProperties: false },
)
export type Unavailable = Immutable<Static<typeof Unavailable>>

/** What a caller can use, beside what is good. */
export const constraints = {
  formats: Type.Optional(
    Type.Array(ReadableFormat, {
      description:
        'Only states in these formats, their chains included; one that names no format is in none of them.',
      minItems: 1,
      maxItems: NAMED_MAX_COUNT,
    }),
  ),
  unavailable: Type.Optional(
    Type.Unsafe<Static<typeof Unavailable>>({
      ...Unavailable,
      description:
        'Regions and buckets that are down: only states of which every blob is in another place too. A place of an unknown region counts as up.',
    }),
  ),
  maxStep: Type.Optional(
    Type.Unsafe<number>({ ...Step, description: 'Only states up to this step.' }),
  ),
  maxAgeSeconds: Type.Optional(
    Type.Integer({
      description:
        'Only states that were registered at most so long ago, as of the time of `asOf` where that is given.',
      minimum: 0,
      maximum: AGE_MAX_SECONDS,
    }),
  ),
  worldSize: Type.Optional(
    Type.Integer({
      description: 'Only states of so many workers.',
      minimum: 1,
      maximum: SHARDS_MAX_COUNT,
    }),
  ),
}
const Constraints = Type.Object(constraints)
export type Constraints = Immutable<Static<typeof Constraints>>

/** Where bytes of a blob are: in its own place, or in that of a copy. */
export type PlaceOf = (source: { readonly uri: string; readonly region?: string }) => Place

/** Where some bytes are: their bucket by each of its names, and its region where that is known. */
export interface Place {
  readonly bucket: string
  readonly origin: string
  readonly region?: string | undefined
}

/** Why a state cannot be used, as far as its row says; age is counted at a moment. */
export function constraintOfRow(
  { step, at }: { readonly step: number; readonly at: string },
  { maxStep, maxAgeSeconds }: Constraints,
  momentMs: number,
): SkipReason | undefined {
  if (maxStep !== undefined && step > maxStep) return 'STEP_TOO_HIGH'
  if (maxAgeSeconds === undefined) return undefined
  return momentMs - Date.parse(at) > maxAgeSeconds * 1000 ? 'TOO_OLD' : undefined
}

/** Why one checkpoint of a chain cannot be used, by its manifest; the world size is that of the state itself. */
export function constraintOfManifest(
  manifest: Manifest,
  { formats, unavailable, worldSize }: Constraints,
  at: {
    readonly isState: boolean
    readonly placeOf: PlaceOf
  },
): SkipReason | undefined {
  // Ranks are complete, or nothing was registered: the shards are the workers.
  const differs = worldSize !== undefined && manifest.shards.length !== worldSize
  if (at.isState && differs) return 'WORLD_SIZE_DIFFERS'
  if (formats !== undefined && !isReadable(manifest.format, formats)) return 'FORMAT_UNREADABLE'
  if (unavailable === undefined) return undefined
  const isLost = manifest.shards.some(({ blobs }) =>
    blobs.some((blob) =>
      [blob, ...(blob.copies ?? [])].every((source) => isDown(at.placeOf(source), unavailable)),
    ),
  )
  return isLost ? 'UNAVAILABLE' : undefined
}

/** Whether a place is said to be down. */
export function isDown({ bucket, origin, region }: Place, down: Unavailable | undefined): boolean {
  const { buckets = [], regions = [] } = down ?? {}
  if (buckets.includes(bucket) || buckets.includes(origin)) return true
  return region !== undefined && regions.includes(region)
}

function isReadable(
  format: Manifest['format'],
  formats: NonNullable<Constraints['formats']>,
): boolean {
  if (format === undefined) return false
  return formats.some(
    ({ name, versions }) =>
      name === format.name && (versions === undefined || versions.includes(format.version)),
  )
}
