import { readFile } from 'node:fs/promises'
import { CatalogError } from '../../../../schema/errors.ts'
import type { RecoveryPlan } from '../../../api.ts'
import type { Candidate } from '../../../restore/candidate.ts'
import type { RestoredStage } from '../../../restore/fetch-state.ts'
import { restore, type RestoreOptions } from '../../../restore/restore.ts'
import { parseGeneratorState, type GeneratorState } from './generator.ts'
import { applyChange, decodeModel, encodeChange, encodeModel } from './model-codec.ts'
import type { Model } from './model.ts'
import type { TrainingState } from './trainer.ts'

/** Names of the blobs of a checkpoint. */
export const blobNames = { model: 'model.bin', generators: 'generators.json' } as const

/** Encodes a state: all of its model, or the change since a base. */
export function encodeState(
  state: TrainingState,
  base?: Model,
): { readonly model: Uint8Array; readonly generators: Uint8Array } {
  const { model, shuffle, dropout } = state
  return {
    model: base === undefined ? encodeModel(model) : encodeChange(model, base),
    generators: new TextEncoder().encode(JSON.stringify({ shuffle, dropout })),
  }
}

/** A state that was put together, of which plan, and the run that goes on from it. */
export interface FoundState extends Candidate {
  readonly state: TrainingState
}

/**
 * Fetches what a recovery plan lists and puts the state together: the full one, then each change. The catalog is told,
 * and when the bytes are lost the next good state is taken.
 *
 * @throws {BLOB_CORRUPT} a file is no part of a state
 * @throws {BLOB_NOT_FOUND} a version is gone
 */
export async function restoreState(
  plan: RecoveryPlan,
  options: RestoreOptions & Required<Pick<RestoreOptions, 'client'>>,
): Promise<FoundState> {
  const { stages, ...found } = await restore(plan, options)
  let model: Model | undefined
  for (const stage of stages) {
    const bytes = await readFile(pathOf(stage, blobNames.model))
    model = model === undefined ? decodeModel(bytes) : applyChange(model, bytes)
  }
  const last = stages.at(-1)
  if (model === undefined || last === undefined) throw incomplete('the plan has no stages')
  const generators = await readFile(pathOf(last, blobNames.generators), 'utf8')
  return { ...found, state: { step: last.step, model, ...parseGenerators(generators) } }
}

/**
 * Reads the generators' states.
 *
 * @throws {BLOB_CORRUPT} the text holds none
 */
export function parseGenerators(text: string): {
  readonly shuffle: GeneratorState
  readonly dropout: GeneratorState
} {
  const parsed = parseObject(text)
  const shuffle = parseGeneratorState(parsed['shuffle'])
  const dropout = parseGeneratorState(parsed['dropout'])
  if (shuffle === undefined || dropout === undefined) {
    throw incomplete(`${blobNames.generators} holds no generators`)
  }
  return { shuffle, dropout }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw incomplete(`${blobNames.generators} is no JSON`, cause)
  }
}

function pathOf(stage: RestoredStage, name: string): string {
  const file = stage.files.find((one) => one.rank === 0 && one.name === name)
  if (file === undefined) throw incomplete(`step ${stage.step} has no ${name}`)
  return file.path
}

function incomplete(why: string, cause?: unknown): CatalogError {
  return new CatalogError(
    'BLOB_CORRUPT',
    `The checkpoint is no state of this job: ${why}.`,
    cause === undefined ? {} : { cause },
  )
}
