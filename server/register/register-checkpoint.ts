import type { Json } from '../../schema/canonical-json.ts'
import type { Receipt } from '../../schema/checkpoint.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import { DOCUMENT_MAX_BYTES } from '../../schema/entry.ts'
import { CatalogError, isCatalogError } from '../../schema/errors.ts'
import { requireOnJob, type Principal } from '../../schema/grant.ts'
import { checkManifest } from '../../schema/manifest-rules.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Context } from '../context.ts'
import { allowedBy, nothingNew, type Decision } from '../log/command.ts'
import type { Facts, Read } from '../log/facts.ts'
import { readEntriesAt } from '../log/read-entries.ts'
import { proveEntry } from '../log/read-proofs.ts'
import type { BlobStores } from '../store/blob-store.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import {
  checkpointByDigest,
  checkpointBySlot,
  environmentByDigest,
  jobByName,
  formatByVersion,
  lastOfRun,
  lineByJob,
  newestEvidence,
  read,
  runById,
} from '../timeline/lookups.ts'
import { isOnLine, runSegment } from '../timeline/read-line.ts'
import { hasSweeps, removalReads } from '../timeline/read-sweeps.ts'
import { judge } from '../timeline/standing.ts'
import { checkRemovals } from './check-removals.ts'
import { checkStorage } from './check-storage.ts'
import { findReturned } from './find-returned.ts'
import { checkFormat } from './check-format.ts'
import { baseNotGood, checkRegistration, partitionOf } from './rules.ts'

/** A manifest with its canonical text, and the digest that the caller computed. */
export interface RegistrationInput {
  readonly namespace: NamespaceName
  readonly manifest: Manifest
  readonly text: string
  readonly digest?: Digest | undefined
}

/** A receipt, and whether this request made it. */
export interface Registered {
  readonly receipt: Receipt
  readonly created: boolean
}

interface Outcome {
  readonly created: boolean
  readonly index: LogIndex
  readonly at: string
  readonly leafHash: string
}

/**
 * Records a checkpoint; the same manifest again gives the same receipt.
 *
 * @throws {DIGEST_MISMATCH | DOCUMENT_TOO_LARGE | BASE_REQUIRED | SHARDS_INCOMPLETE | FORBIDDEN}
 * @throws {POLICY_VIOLATED} the policy of its job does not allow where its blobs are
 * @throws whatever `checkRegistration` refuses
 */
export async function registerCheckpoint(
  context: Context,
  principal: Principal,
  input: RegistrationInput,
): Promise<Registered> {
  const { namespace, manifest, text } = input
  const bytes = Buffer.from(text)
  const digest = checkDocument(input, bytes)
  const grant = requireOnJob(principal, 'append', { namespace, job: manifest.job })
  const document = { digest, bytes, value: manifest }
  const record = (again: readonly Row<'sweep'>[]): Promise<Outcome> => {
    const { db, blobs } = context
    const candidate = { db, blobs, manifest, document, again }
    return context.log.append<Outcome>({
      namespace,
      actor: principal.id,
      ...allowedBy(context.request, grant),
      reads: [...readsFor(candidate), ...removalReads(db, manifest)],
      decide: (facts) => decide(facts, candidate),
    })
  }
  const outcome = await record([]).catch(async (error: unknown) => {
    if (!isCatalogError(error) || error.code !== 'BLOBS_SWEPT') throw error
    // Once more: what was swept may have been put anew since.
    const again = await findReturned(context, manifest)
    if (again === undefined) throw error
    return record(again)
  })
  const { created, index, at } = outcome
  const leafHash = outcome.leafHash || (await leafHashAt(context, namespace, index))
  const proof = await proveEntry(context, namespace, index)
  return { created, receipt: { namespace, checkpoint: digest, index, leafHash, at, proof } }
}

function checkDocument(input: RegistrationInput, bytes: Buffer): Digest {
  const { manifest, namespace } = input
  if (bytes.length > DOCUMENT_MAX_BYTES) {
    throw new CatalogError(
      'DOCUMENT_TOO_LARGE',
      `The manifest has ${bytes.length} bytes, and ${DOCUMENT_MAX_BYTES} is the most: keep large metadata in a blob.`,
    )
  }
  if (manifest.namespace !== namespace) {
    throw new CatalogError(
      'RUN_MISMATCH',
      `The manifest says namespace "${manifest.namespace}", the path says "${namespace}": they must agree.`,
    )
  }
  checkManifest(manifest)
  const digest = digestOf(bytes)
  if (input.digest !== undefined && input.digest !== digest) {
    throw new CatalogError(
      'DIGEST_MISMATCH',
      `The manifest's digest is ${digest}, not ${input.digest}: send the manifest that was hashed, in RFC 8785 form.`,
      { detail: { expected: input.digest, actual: digest } },
    )
  }
  return digest
}

function readsFor({ manifest, document: { digest } }: Candidate): readonly Read[] {
  const { namespace, run, base, environment, format, parents } = manifest
  return [
    read(checkpointByDigest, namespace, digest),
    read(runById, namespace, run),
    read(lastOfRun, namespace, run),
    read(lineByJob, namespace, manifest.job, partitionOf(manifest)),
    read(jobByName, namespace, manifest.job),
    ...(base === undefined
      ? []
      : [read(checkpointByDigest, namespace, base), read(newestEvidence, namespace, 'failed')]),
    ...(environment === undefined ? [] : [read(environmentByDigest, namespace, environment)]),
    ...(format === undefined
      ? []
      : [read(formatByVersion, namespace, format.name, format.version)]),
    ...(parents ?? []).map((parent) => read(checkpointByDigest, namespace, parent.checkpoint)),
  ]
}

interface Candidate {
  readonly db: Reader
  readonly blobs: BlobStores
  /** Removals of objects that were found to be there again. */
  readonly again: readonly Row<'sweep'>[]
  readonly manifest: Manifest
  readonly document: { readonly digest: Digest; readonly bytes: Uint8Array; readonly value: Json }
}

function decide(
  facts: Facts,
  candidate: Candidate,
): Decision<Outcome> | Promise<Decision<Outcome>> {
  const { namespace, run, step, tier } = candidate.manifest
  const last = facts.find(lastOfRun, [namespace, run])
  // Beyond its run's last step a checkpoint takes a free slot: the common case looks up no more.
  if (last === undefined || last.step < step) return decideOnSlot(facts, candidate, undefined)
  const slot = read(checkpointBySlot, namespace, run, step, tier)
  return facts
    .load([slot])
    .then(() => decideOnSlot(facts, candidate, facts.find(checkpointBySlot, slot.key)))
}

function decideOnSlot(
  facts: Facts,
  { db, blobs, manifest, document, again }: Candidate,
  slot: Row<'checkpoint'> | undefined,
): Decision<Outcome> | Promise<Decision<Outcome>> {
  const { namespace, base, environment } = manifest
  const existing = facts.find(checkpointByDigest, [namespace, document.digest])
  if (existing !== undefined) {
    const { log_index: index, at } = existing
    return nothingNew({ created: false, index, at, leafHash: '' })
  }
  const run = facts.find(runById, [namespace, manifest.run])
  const last = facts.find(lastOfRun, [namespace, manifest.run])
  const baseRow = base === undefined ? undefined : facts.find(checkpointByDigest, [namespace, base])
  const chainLength = checkRegistration(manifest, {
    run,
    last,
    line: facts.find(lineByJob, [namespace, manifest.job, partitionOf(manifest)]),
    slot,
    base: baseRow,
    environment:
      environment === undefined
        ? undefined
        : facts.find(environmentByDigest, [namespace, environment]),
    parents: (manifest.parents ?? []).map((parent) =>
      facts.find(checkpointByDigest, [namespace, parent.checkpoint]),
    ),
  })
  const restoredFrom = last === undefined ? (run?.restored_checkpoint ?? null) : null
  const decision = registration({ document, chainLength, restoredFrom })
  const doubtful =
    baseRow === undefined || isHistorySound(facts, manifest, baseRow) ? undefined : baseRow
  const isSwept = hasSweeps(db, facts)
  const format = checkFormat(facts, manifest)
  const storage = checkStorage(facts, manifest, blobs)
  const isPlain = format === undefined && storage === undefined
  if (isPlain && doubtful === undefined && !isSwept) return decision
  return Promise.all([format, storage])
    .then(() => (isSwept ? checkRemovals(facts, manifest, again) : undefined))
    .then(() => doubtful && checkBaseHistory(facts, manifest, doubtful))
    .then(() => decision)
}

function registration(decided: {
  readonly document: Candidate['document']
  readonly chainLength: number
  readonly restoredFrom: Digest | null
}): Decision<Outcome> {
  const { document, chainLength, restoredFrom } = decided
  return {
    drafts: [
      {
        entry: {
          kind: 'checkpoint.registered',
          subject: document.digest,
          chainLength,
          ...(restoredFrom === null ? {} : { restoredFrom }),
        },
        document,
      },
    ],
    result: ({ index, at, leafHash }) => ({
      created: true,
      index,
      at,
      leafHash: Buffer.from(leafHash).toString('base64'),
    }),
  }
}

/**
 * Whether a base of the same run needs no closer look: what a live delta needs cannot be withdrawn, so that
 * only failed evidence makes its chain not good, and there is none.
 */
function isHistorySound(
  facts: Facts,
  { namespace, run }: Manifest,
  base: Row<'checkpoint'>,
): boolean {
  if (base.run !== run || base.tombstoned_index !== null) return false
  return facts.find(newestEvidence, [namespace, 'failed']) === undefined
}

/** What single rows cannot tell: whether the base's chain is good, and whether its line leads here. */
async function checkBaseHistory(
  facts: Facts,
  manifest: Manifest,
  base: Row<'checkpoint'>,
): Promise<void> {
  const db = await facts.query()
  const wanted = { asOf: Number.MAX_SAFE_INTEGER as LogIndex, minGrade: 'committed' } as const
  const { fault } = await judge(db, base.namespace, { standing: base, wanted })
  if (fault !== undefined) {
    const where = fault.because === undefined ? '' : ` (${fault.because})`
    throw baseNotGood(base.digest, `is not good: ${fault.reason}${where}`)
  }
  const own = await runSegment(db, base.namespace, manifest.run)
  if (!(await isOnLine(db, own, base))) {
    throw baseNotGood(
      base.digest,
      `is not on the line of run "${manifest.run}", which restored from an earlier state`,
    )
  }
}

async function leafHashAt(
  context: Context,
  namespace: NamespaceName,
  index: LogIndex,
): Promise<string> {
  const [entry] = await readEntriesAt(context.db, namespace, [index])
  return Buffer.from(entry?.leaf_hash ?? []).toString('base64')
}
