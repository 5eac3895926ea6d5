import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { PlanBlob, PlanStage, RecoveryPlan } from '../api.ts'
import { errnoOf } from '../stores/disk-durable.ts'

/** Most blobs of one plan; the catalog makes none larger. */
const BLOBS_MAX_COUNT = 100_000

/** What file systems take as one name, in bytes of UTF-8. */
const SEGMENT_MAX_BYTES = 255

/** An error quotes at most this many characters of a foreign name. */
const QUOTED_MAX_LENGTH = 80

const CONTROL = /[\u0000-\u001f\u007f]/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** One blob to fetch, and where it goes. */
export interface Target {
  readonly stage: PlanStage
  readonly blob: PlanBlob
  /** Folders below the restore's own, then the file's name. */
  readonly segments: readonly string[]
}

/**
 * Where each blob of a plan goes: `<NN>-step-<step>/rank-<rank>/<name>`, base first.
 *
 * Everything in a plan is foreign: names, ranks and steps are checked before any of them meets the disk.
 *
 * @throws {INVALID_NAME} a name could leave its folder, or two names cannot both be files
 * @throws {BLOB_CORRUPT} a reference is not one: a size, rank, step or digest that cannot be
 * @throws {PLAN_TOO_LARGE} the plan lists over 100,000 blobs
 */
export function placeBlobs(plan: RecoveryPlan): readonly Target[] {
  const digits = Math.max(2, String(plan.stages.length).length)
  const targets: Target[] = []
  for (const [index, stage] of plan.stages.entries()) {
    if (!isCount(stage.step)) refuseReference(`The step of stage ${index}`)
    const folder = `${String(index).padStart(digits, '0')}-step-${stage.step}`
    for (const blob of stage.blobs) {
      checkReference(blob)
      const segments = [folder, `rank-${blob.rank}`, ...segmentsOf(blob.name)]
      targets.push({ stage, blob, segments })
      if (targets.length > BLOBS_MAX_COUNT) refusePlan()
    }
  }
  refuseCollisions(targets)
  return targets
}

/** The name, beside a blob's own, under which its bytes gather until they are whole. */
export function partNameOf(blob: PlanBlob): string {
  // A name made of the digest: what another content left there is never continued.
  const hex = createHash('sha256').update(`${blob.digest}\n${blob.name}`).digest('hex')
  return `.cairn-${hex.slice(0, 32)}.part`
}

/**
 * Makes the folders to a blob one by one, each a true folder: a link among them could lead anywhere.
 *
 * @param root The restore's own folder, which exists.
 * @param made Folders that were made or checked before.
 * @throws {CONFIG_INVALID} a link or file is in the way
 */
export async function makeFolders(
  root: string,
  segments: readonly string[],
  made: Set<string>,
): Promise<string> {
  let folder = root
  for (const segment of segments) {
    folder = join(folder, segment)
    if (made.has(folder)) continue
    await mkdir(folder).catch((cause: unknown) => {
      if (errnoOf(cause) !== 'EEXIST') throw cause
    })
    if (!(await lstat(folder)).isDirectory()) {
      throw new CatalogError(
        'CONFIG_INVALID',
        `${folder} is a link or a file where a folder belongs; restore into another folder.`,
      )
    }
    made.add(folder)
  }
  return folder
}

/** A foreign name as an error may show it. */
export function quoted(name: string): string {
  const shown = name.length > QUOTED_MAX_LENGTH ? `${name.slice(0, QUOTED_MAX_LENGTH)}…` : name
  return JSON.stringify(shown)
}

function segmentsOf(name: string): readonly string[] {
  const fault = faultOf(name)
  if (fault === undefined) return name.split('/')
  throw new CatalogError(
    'INVALID_NAME',
    `The blob name ${quoted(name)} ${fault}, so it cannot become a file; fetch that blob by hand.`,
  )
}

function faultOf(name: string): string | undefined {
  if (CONTROL.test(name) || !name.isWellFormed()) return 'has a control character'
  if (name.includes('\\')) return 'has a backslash'
  if (name.startsWith('/')) return 'is absolute'
  for (const segment of name.split('/')) {
    if (segment === '') return 'has an empty segment'
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`
    if (Buffer.byteLength(segment) > SEGMENT_MAX_BYTES) return 'has a segment over 255 bytes'
  }
  return undefined
}

function checkReference(blob: PlanBlob): void {
  if (typeof blob.name !== 'string') refuseReference('The name of a blob')
  const what = `of the blob ${quoted(blob.name)}`
  if (!isCount(blob.rank)) refuseReference(`The rank ${what}`)
  if (!isCount(blob.sizeBytes)) refuseReference(`The size ${what}`)
  if (!DIGEST.test(blob.digest)) refuseReference(`The digest ${what}`)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Refuses names of which one is a folder of another, or that the file system takes for the same. */
function refuseCollisions(targets: readonly Target[]): void {
  const files = new Map<string, PlanBlob>()
  const folders = new Map<string, PlanBlob>()
  for (const { blob, segments } of targets) {
    for (let length = 1; length < segments.length; length += 1) {
      folders.set(foldCase(segments.slice(0, length).join('/')), blob)
    }
    const parent = segments.slice(0, -1).join('/')
    for (const name of [segments.join('/'), `${parent}/${partNameOf(blob)}`]) {
      const other = files.get(foldCase(name))
      if (other !== undefined) refuseCollision(blob, other)
      files.set(foldCase(name), blob)
    }
  }
  for (const [path, blob] of files) {
    const other = folders.get(path)
    if (other !== undefined) refuseCollision(blob, other)
  }
}

/** The file systems of these two keep one file for names that differ by case or composition alone. */
function foldCase(path: string): string {
  const folds = process.platform === 'darwin' || process.platform === 'win32'
  return folds ? path.normalize('NFC').toLowerCase() : path
}

function refuseCollision(one: PlanBlob, other: PlanBlob): never {
  throw new CatalogError(
    'INVALID_NAME',
    `The blobs ${quoted(one.name)} and ${quoted(other.name)} of rank ${one.rank} cannot both be files here; ` +
      'fetch one of them by hand.',
  )
}

function refuseReference(what: string): never {
  throw new CatalogError('BLOB_CORRUPT', `${what} in the plan cannot be; ask for the plan again.`)
}

function refusePlan(): never {
  throw new CatalogError(
    'PLAN_TOO_LARGE',
    `A plan has at most ${BLOBS_MAX_COUNT} blobs; fetch the state manifest by manifest.`,
  )
}
