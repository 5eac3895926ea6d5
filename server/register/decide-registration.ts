import type { Json } from '../../schema/canonical-json.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex, ReservationId } from '../../schema/names.ts'
import { nothingNew, type Decision } from '../log/command.ts'
import type { Facts, Read } from '../log/facts.ts'
import { checkpointByDigest, jobByName, read } from '../timeline/lookups.ts'
import type { Context } from '../context.ts'
import type { Row } from '../store/tables.ts'
import { hasSweeps, removalReads } from '../timeline/read-sweeps.ts'
import { admitManifest, type Admitted } from './admit-manifest.ts'
import { checkRemovals } from './check-removals.ts'
import { checkStorage } from './check-storage.ts'

/** A manifest that was checked by itself, with its exact bytes. */
export interface Candidate {
  readonly manifest: Manifest
  readonly document: { readonly digest: Digest; readonly bytes: Uint8Array; readonly value: Json }
  /** Removals of objects that were found to be there again. */
  readonly again?: readonly Row<'sweep'>[]
  /** The reservation that its shards come from. */
  readonly reservation?: ReservationId
}

/** Where a registration stands in the log, and whether it is new. */
export interface Registration {
  readonly created: boolean
  readonly index: LogIndex
  readonly at: string
  /** Base64; empty when it was there before. */
  readonly leafHash: string
}

/** The rows that decide about a registration, and the decision. */
export interface RegistrationCommand {
  readonly reads: readonly Read[]
  readonly decide: (facts: Facts) => Decision<Registration> | Promise<Decision<Registration>>
}

/** How a manifest becomes a checkpoint, under the head lock; the same manifest again makes no entry. */
export function decideRegistration(
  { db, blobs }: Pick<Context, 'db' | 'blobs'>,
  candidate: Candidate,
): RegistrationCommand {
  const { manifest, document, again = [] } = candidate
  const { namespace } = manifest
  const { reads, admit } = admitManifest(manifest)
  // One check after the other: each may write what is pending, and must not read while another still writes.
  const finish = (
    facts: Facts,
    admitted: Admitted,
  ): Decision<Registration> | Promise<Decision<Registration>> => {
    const isSwept = hasSweeps(db, facts)
    const storage = checkStorage(facts, manifest, blobs)
    if (!isSwept && storage === undefined) return registration(candidate, admitted)
    return Promise.resolve(storage)
      .then(() => (isSwept ? checkRemovals(facts, manifest, again) : undefined))
      .then(() => registration(candidate, admitted))
  }
  return {
    reads: [
      read(checkpointByDigest, namespace, document.digest),
      read(jobByName, namespace, manifest.job),
      ...removalReads(db, manifest),
      ...reads,
    ],
    decide: (facts) => {
      const existing = facts.find(checkpointByDigest, [namespace, document.digest])
      if (existing !== undefined) {
        const { log_index: index, at } = existing
        return nothingNew({ created: false, index, at, leafHash: '' })
      }
      const admitted = admit(facts)
      if (!(admitted instanceof Promise)) return finish(facts, admitted)
      return admitted.then((found) => finish(facts, found))
    },
  }
}

function registration(
  { document, reservation }: Candidate,
  { chainLength, restoredFrom }: Admitted,
): Decision<Registration> {
  return {
    drafts: [
      {
        entry: {
          kind: 'checkpoint.registered',
          subject: document.digest,
          chainLength,
          ...(restoredFrom === null ? {} : { restoredFrom }),
          ...(reservation === undefined ? {} : { reservation }),
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
