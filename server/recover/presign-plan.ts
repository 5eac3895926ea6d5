import { CatalogError } from '../../schema/errors.ts'
import type { BlobSource, PlanBlob, RecoveryPlan } from '../../schema/recovery-plan.ts'
import type { Context } from '../context.ts'
import { placeOf } from '../timeline/blob-place.ts'

/** URLs of one plan: each is signed, and a second or two is what one request may take of the server. */
const URLS_MAX_COUNT = 2_000

/**
 * A plan whose sources have URLs that download exactly these versions, where their stores can make them.
 *
 * @throws {PLAN_TOO_LARGE} it has more sources than one answer may sign
 */
export async function presignPlan(
  { blobs, nowMs }: Pick<Context, 'blobs' | 'nowMs'>,
  plan: RecoveryPlan,
  expiresSeconds: number,
): Promise<RecoveryPlan> {
  const count = plan.stages
    .flatMap((stage) => stage.blobs)
    .reduce((sum, blob) => sum + (blob.sources?.length ?? 1), 0)
  if (count > URLS_MAX_COUNT) {
    throw new CatalogError(
      'PLAN_TOO_LARGE',
      `The plan has ${count} sources, and ${URLS_MAX_COUNT} URLs are the most: leave out "urlSeconds" and read with credentials of the stores.`,
    )
  }
  const urlsExpireAt = new Date(nowMs() + expiresSeconds * 1000).toISOString()
  const withUrl = async (source: BlobSource): Promise<BlobSource> => {
    const { found } = placeOf(blobs, source)
    const url = await found?.store.presign?.(source, expiresSeconds)
    return url === undefined ? source : { ...source, url }
  }
  const withUrls = async (blob: PlanBlob): Promise<PlanBlob> => {
    const { uri, versionId, sources = [{ uri, versionId }] } = blob
    return { ...blob, sources: await Promise.all(sources.map(withUrl)) }
  }
  const stages: RecoveryPlan['stages'][number][] = []
  for (const stage of plan.stages) {
    stages.push({ ...stage, blobs: await Promise.all(stage.blobs.map(withUrls)) })
  }
  return { ...plan, stages, urlsExpireAt }
}
