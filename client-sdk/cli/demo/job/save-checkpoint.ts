import type { BlobStore } from '../../../blob-store.ts'
import type { CheckpointInput } from '../../../checkpoint-input.ts'
import type { RunHandle } from '../../../run.ts'
import type { Digest, InputPin, JsonMap, Seed } from '../../../api.ts'
import { GENERATOR_NAME } from './generator.ts'
import type { JobEvent } from './job-event.ts'
import { MODEL_FORMAT } from './model-codec.ts'
import type { Model } from './model.ts'
import { CHECKPOINT_EVERY_STEPS, FULL_EVERY_COUNT } from './parameters.ts'
import { blobNames, encodeState } from './saved-state.ts'
import type { TrainingState } from './trainer.ts'

/** A checkpoint that the next delta can name as its base. */
export interface Base {
  readonly checkpoint: Digest
  readonly model: Model
}

/** What all checkpoints of a run have in common. */
export interface Saver {
  readonly run: RunHandle
  readonly store: BlobStore
  readonly seed: string
  readonly parameters: JsonMap
  readonly inputs: readonly InputPin[]
  readonly report: (event: JobEvent) => void
}

/** What of a state the manifest says beside its bytes. */
export interface Moment {
  readonly state: TrainingState
  readonly rowsDone: number
  readonly epoch: number
  readonly isLast: boolean
  readonly startedAt: Date
}

/** Whether a step's checkpoint is a full one; the same steps whichever attempt gets there. */
export function isFullStep(step: number): boolean {
  return Math.floor(step / CHECKPOINT_EVERY_STEPS) % FULL_EVERY_COUNT === 1
}

/** Saves a state, full or as the change since the base; gives the base of the next delta. */
export async function saveCheckpoint(
  saver: Saver,
  moment: Moment,
  base: Base | undefined,
): Promise<Base | undefined> {
  const { state, isLast } = moment
  const isFull = isLast || base === undefined || isFullStep(state.step)
  const stagedAt = new Date()
  const bytes = encodeState(state, isFull ? undefined : base.model)
  const blobs = [
    await saver.store.put(blobNames.model, bytes.model),
    await saver.store.put(blobNames.generators, bytes.generators),
  ]
  const input: CheckpointInput = {
    step: state.step,
    blobs,
    seeds: seedsOf(saver.seed),
    ...(isFull ? {} : { base: base.checkpoint }),
    tier: isFull ? 'durable' : 'light',
    format: MODEL_FORMAT,
    parameters: saver.parameters,
    inputs: saver.inputs,
    progress: { records: moment.rowsDone, cursor: { epoch: moment.epoch } },
    timing: {
      startedAt: moment.startedAt.toISOString(),
      stagedAt: stagedAt.toISOString(),
      durableAt: new Date().toISOString(),
    },
    persistence: 'sync',
    ...(isLast ? { labels: { result: 'final' } } : {}),
  }
  const { status, checkpoint } = await saver.run.checkpoint(input)
  saver.report({
    event: 'checkpoint',
    step: state.step,
    kind: isFull ? 'full' : 'delta',
    checkpoint,
    status,
    sizeBytes: blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0),
  })
  // The catalog never hears of a checkpoint that the spool dropped, so nothing can build on it.
  return status === 'dropped' ? undefined : { checkpoint, model: state.model }
}

function seedsOf(seed: string): readonly Seed[] {
  return ['shuffle', 'dropout'].map((purpose) => ({
    generator: `${GENERATOR_NAME} ${purpose}`,
    seed,
    stateBlob: blobNames.generators,
  }))
}
