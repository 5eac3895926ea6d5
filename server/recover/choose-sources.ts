import { isProven } from '../../schema/bucket.ts'
import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
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
import type { BlobStore } from '../store/blob-store.ts'
import { readBrokenPlaces } from '../timeline/read-broken-places.ts'
import { readProbes, type NewestProbe } from '../timeline/read-probes.ts'
import { orderPlaces, type KnownPlace } from './rules.ts'

type Wishes = InputOf<'planRecovery'>['body']

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
  const desk = {
    context,
    namespace,
    wishes,
    probes: await readProbes(context.db, namespace, asOf),
    broken: await readBrokenPlaces(context.db, namespace, { digests, asOf }),
  }
  const told = {
    urlCount: 0,
    withoutSource: 0,
    withoutUrl: new Set<string>(),
    outside: new Set<string>(),
  }
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
  readonly namespace: NamespaceName
  readonly wishes: Wishes
  readonly probes: ReadonlyMap<string, NewestProbe>
  readonly broken: (checkpoint: Digest, bucket: string, region: string | undefined) => boolean
}

interface Told {
  urlCount: number
  withoutSource: number
  readonly withoutUrl: Set<string>
  /** What the URIs begin with that are in no bucket of this namespace. */
  readonly outside: Set<string>
}

async function sourcesOf(
  desk: Desk,
  { blob, checkpoint }: { readonly blob: PlanBlob; readonly checkpoint: Digest },
  told: Told,
): Promise<readonly PlanSource[]> {
  const { uri, versionId, copies = [] } = blob
  const places = [{ uri, versionId }, ...copies].map((place) => knownPlace(desk, checkpoint, place))
  const sources: PlanSource[] = []
  for (const { isBroken: _, ...place } of orderPlaces(places, desk.wishes)) {
    const object = { kind: 'object', ...place } as const
    const signed = desk.wishes.presign === true ? await signUrl(desk, place, told) : undefined
    sources.push(...(signed === undefined ? [object] : [signed, object]))
  }
  if (sources.length === 0) told.withoutSource += 1
  return sources
}

function knownPlace(
  { context, namespace, probes, broken }: Desk,
  checkpoint: Digest,
  { region: named, ...place }: Pick<PlanSource, 'uri' | 'versionId' | 'region'>,
): KnownPlace {
  const found = storeOf(context, place.uri, namespace)
  if (found === undefined) {
    return { ...place, ...(named === undefined ? {} : { region: named }), isBroken: false }
  }
  const { name: bucket, store } = found
  const region = named ?? store.region ?? probes.get(bucket)?.findings.region
  const isBroken = broken(checkpoint, bucket, region)
  return { ...place, bucket, ...(region === undefined ? {} : { region }), isBroken }
}

/** A store that is open to the namespace; a plan may name places that are not. */
function storeOf(
  { blobs }: Context,
  uri: string,
  namespace: NamespaceName,
): { readonly name: string; readonly store: BlobStore } | undefined {
  try {
    return blobs.find(uri, namespace)
  } catch {
    return undefined
  }
}

async function signUrl(
  { context, namespace, wishes, probes }: Desk,
  place: Omit<PlanSource, 'kind'>,
  told: Told,
): Promise<PlanSource | undefined> {
  const { bucket = place.uri } = place
  const store = storeOf(context, place.uri, namespace)?.store
  if (store === undefined) told.outside.add(originOf(place.uri))
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

function warningsOf({ withoutSource, withoutUrl, outside }: Told): readonly PlanWarning[] {
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
  if (withoutSource > 0) {
    warnings.push({
      code: 'NO_SOURCE',
      message: `${withoutSource} blobs are only in places that were said to be unavailable.`,
    })
  }
  return warnings
}

/** Such as `s3://bucket`: a plan may have thousands of places in one. */
function originOf(uri: string): string {
  return /^[a-z0-9+.-]+:(?:\/\/[^/]*)?/.exec(uri)?.[0].slice(0, 128) ?? 'elsewhere'
}

const tooMany = (): CatalogError =>
  new CatalogError(
    'PLAN_TOO_LARGE',
    `The plan would need more than ${PLAN_URLS_MAX_COUNT} URLs: ask without "presign", and read the blobs with the store's own credentials.`,
  )
