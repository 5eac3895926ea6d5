import { isProven } from '../../schema/bucket.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import { isDown } from '../../schema/constraint.ts'
import type { InputOf } from '../../schema/operations.ts'
import {
  PLAN_URLS_MAX_COUNT,
  PRESIGN_DEFAULT_SECONDS,
  type PlanBlob,
  type PlanSource,
  type PlanWarning,
  type RecoveryPlan,
} from '../../schema/recovery-plan.ts'
import type { Context } from '../context.ts'
import { rememberPlaces, type FindPlace, type FoundPlace } from '../timeline/blob-place.ts'
import { readBrokenPlaces, type IsBroken } from '../timeline/read-broken-places.ts'
import { readProbes, type NewestProbe } from '../timeline/read-probes.ts'
import { orderPlaces, type KnownPlace } from './rules.ts'

/** Which places to prefer, which to leave out, and whether URLs are wanted. */
type Wishes = Pick<
  InputOf<'planRecovery'>['body'],
  'regions' | 'unavailable' | 'presign' | 'presignSeconds'
>

/**
 * A plan whose blobs say where to fetch them from, the best place first, with URLs if they are asked for.
 *
 * @throws {PLAN_TOO_LARGE} more URLs than one plan may hold
 */
export async function chooseSources(
  context: Context,
  plan: RecoveryPlan,
  wishes: Wishes,
): Promise<RecoveryPlan> {
  const { regions, unavailable, presign = false } = wishes
  const isAsked = presign || regions !== undefined || unavailable !== undefined
  const hasCopies = plan.stages.some(({ blobs }) => blobs.some((blob) => blob.copies !== undefined))
  if (!isAsked && !hasCopies) return plan
  const { namespace, asOf } = plan
  const digests = plan.stages.map(({ checkpoint }) => checkpoint)
  const probes = await readProbes(context.db, namespace, asOf)
  const desk = {
    context,
    wishes,
    probes,
    placeOf: rememberPlaces(context.blobs, probes, namespace),
    broken: await readBrokenPlaces(context.db, namespace, { digests, asOf }),
  }
  const told = { urlCount: 0, withoutUrl: new Set<string>(), outside: new Set<string>() }
  const stages = []
  for (const { blobs, ...stage } of plan.stages) {
    const placed: PlanBlob[] = []
    for (const blob of blobs) {
      const sources = await sourcesOf(desk, { blob, checkpoint: stage.checkpoint }, told)
      placed.push({ ...blob, sources })
    }
    stages.push({ ...stage, blobs: placed })
  }
  return { ...plan, stages, warnings: [...plan.warnings, ...warningsOf(told)] }
}

interface Desk {
  readonly context: Context
  readonly wishes: Wishes
  readonly probes: ReadonlyMap<string, NewestProbe>
  readonly placeOf: FindPlace
  readonly broken: IsBroken
}

interface Told {
  urlCount: number
  /** Buckets that no probe has shown to serve URLs. */
  readonly withoutUrl: Set<string>
  /** Places in no bucket that is open to the namespace. */
  readonly outside: Set<string>
}

async function sourcesOf(
  desk: Desk,
  { blob, checkpoint }: { readonly blob: PlanBlob; readonly checkpoint: Digest },
  told: Told,
): Promise<readonly PlanSource[]> {
  const { regions = [], unavailable, presign = false } = desk.wishes
  const { uri, versionId, copies = [] } = blob
  const places: KnownPlace[] = []
  for (const source of [{ uri, versionId }, ...copies]) {
    const place = desk.placeOf(source)
    if (isDown(place, unavailable)) continue
    const isBroken = desk.broken(checkpoint, place.bucket, place.region)
    places.push({ ...namesOf(source, place), isBroken })
  }
  const sources: PlanSource[] = []
  for (const { isBroken: _, ...place } of orderPlaces(places, regions)) {
    const object = { kind: 'object', ...place } as const
    const signed = presign ? await signUrl(desk, place, told) : undefined
    sources.push(...(signed === undefined ? [object] : [signed, object]))
  }
  return sources
}

/** How a plan names a place: by its bucket only where the configuration has it. */
const namesOf = (
  { uri, versionId }: Pick<PlanSource, 'uri' | 'versionId'>,
  { found, region }: FoundPlace,
): Omit<PlanSource, 'kind'> => ({
  uri,
  versionId,
  ...(found === undefined ? {} : { bucket: found.name }),
  ...(region === undefined ? {} : { region }),
})

async function signUrl(
  { context, wishes, probes, placeOf }: Desk,
  place: Omit<PlanSource, 'kind'>,
  told: Told,
): Promise<PlanSource | undefined> {
  const { found, bucket, origin } = placeOf(place)
  if (found === undefined) told.outside.add(origin)
  const store = found?.store
  if (store?.presign === undefined) return undefined
  if (!isProven(probes.get(bucket)?.findings, 'presigned-download')) {
    told.withoutUrl.add(bucket)
    return undefined
  }
  told.urlCount += 1
  if (told.urlCount > PLAN_URLS_MAX_COUNT) throw tooMany()
  const seconds = wishes.presignSeconds ?? PRESIGN_DEFAULT_SECONDS
  const expiresAt = new Date(context.nowMs() + seconds * 1000).toISOString()
  return { kind: 'url', ...place, url: await store.presign(place, seconds), expiresAt }
}

function warningsOf({ withoutUrl, outside }: Told): readonly PlanWarning[] {
  const warnings: PlanWarning[] = []
  if (withoutUrl.size > 0) {
    warnings.push({
      code: 'NOT_PRESIGNED',
      message: `No probe has proven that these buckets serve presigned URLs: ${[...withoutUrl].join(', ')}. Probe them, and ask again.`,
    })
  }
  if (outside.size > 0) {
    warnings.push({
      code: 'NOT_PRESIGNED',
      message: `No bucket that is open to this namespace has ${[...outside].join(', ')} (BUCKET_NOT_ALLOWED): fetch from there with the store's own credentials, or let the catalog's operator open the bucket.`,
    })
  }
  return warnings
}

const tooMany = (): CatalogError =>
  new CatalogError(
    'PLAN_TOO_LARGE',
    `The plan would need more than ${PLAN_URLS_MAX_COUNT} URLs: ask without "presign", and read the blobs with the store's own credentials.`,
  )
