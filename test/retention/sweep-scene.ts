import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BlobStore } from '../../client-sdk/blob-store.ts'
import { openDiskStore } from '../../client-sdk/node.ts'
import type { BlobReference } from '../../schema/blob-reference.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { Run } from '../../schema/run.ts'
import type { SweepReport } from '../../schema/sweep.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, type Scene } from '../register/scene.ts'

export const HOUR_MS = 3_600_000

/** A scene whose checkpoints have bytes on disk. */
export interface SweepScene {
  readonly scene: Scene
  /** Puts bytes and gives what a manifest says of them. */
  put(content: string): Promise<BlobReference>
  /** Whether bytes that were put are still there; putting them again would make them. */
  has(content: string): boolean
  /** Registers a checkpoint that points at these contents. */
  save(
    run: Run,
    step: number,
    contents: readonly string[],
    members?: Partial<Manifest>,
  ): Promise<Digest>
  /** The manifest of such a checkpoint, its bytes put. */
  manifestOf(
    run: Run,
    step: number,
    contents: readonly string[],
    members?: Partial<Manifest>,
  ): Promise<Manifest>
  /** A job with a policy that sweeps an hour after a tombstone. */
  openJob(job: string, spec?: unknown): Promise<Run>
  sweep(members?: Readonly<Record<string, unknown>>): Promise<SweepReport>
}

/** Puts bytes where the catalog of a scene finds them. */
export async function openSweepScene(scene: Scene): Promise<SweepScene> {
  const directory = join(scene.at.config.dataDirectory, 'blobs')
  const store: BlobStore = await openDiskStore({ directory })
  const known = new Map<string, BlobReference>()
  const put = async (content: string): Promise<BlobReference> => {
    const blob = (await store.put('blob', Buffer.from(content))) as BlobReference
    known.set(content, blob)
    return blob
  }
  const manifestOf: SweepScene['manifestOf'] = async (run, step, contents, members = {}) => {
    const blobs = []
    for (const [place, content] of contents.entries()) {
      blobs.push({ ...(await put(content)), name: `blob-${place}` })
    }
    return sampleManifest(run, step, { shards: [{ rank: 0, blobs }], ...members })
  }
  return {
    scene,
    put,
    has: (content) => {
      const blob = known.get(content)
      assert.ok(blob, 'it was put')
      return isThere(blob)
    },
    manifestOf,
    save: async (run, step, contents, members) => {
      const manifest = await manifestOf(run, step, contents, members)
      return answered(await scene.register(manifest), 201).checkpoint as Digest
    },
    openJob: async (job, spec = { graceSeconds: 3600 }) => {
      answered(await scene.put(`/policies/${job}`, spec), 200)
      answered(await scene.put(`/jobs/${job}`, { policy: job }), 200)
      return (await scene.open(job)).run
    },
    sweep: async (members = {}) => {
      const body = { dryRun: false, ...members }
      const total: SweepReport[] = []
      let after: string | undefined
      for (let slice = 0; slice < 50; slice += 1) {
        const asked = after === undefined ? body : { ...body, after }
        const report = answered(await scene.post('/sweeps', asked), 200) as SweepReport
        total.push(report)
        if (report.next === null) break
        after = report.next
      }
      const sum = (of: (report: SweepReport) => number): number =>
        total.reduce((count, report) => count + of(report), 0)
      const [first] = total
      assert.ok(first)
      return {
        ...first,
        sweptCount: sum((one) => one.sweptCount),
        removedCount: sum((one) => one.removedCount),
        removedBytes: sum((one) => one.removedBytes),
        absentCount: sum((one) => one.absentCount),
        sharedCount: sum((one) => one.sharedCount),
        waitingCount: sum((one) => one.waitingCount),
        leftCount: sum((one) => one.leftCount),
      }
    },
  }
}

/** Whether the bytes of a reference are on disk. */
export function isThere({ uri }: Pick<BlobReference, 'uri'>): boolean {
  return existsSync(fileURLToPath(uri))
}
