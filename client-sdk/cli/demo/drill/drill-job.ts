import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Digest, Environment, RecoveryPlan } from '../../../api.ts'
import { captureEnvironment } from '../../../capture/capture-environment.ts'
import { openDiskStore } from '../../../stores/disk.ts'
import type { RunHandle } from '../../../run.ts'
import { findFlights, loadFlights, readDataVersion } from '../job/flights.ts'
import { digestWeights } from '../job/model.ts'
import { describeParameters, timeWindows, trainingParameters } from '../job/parameters.ts'
import { selectRows } from '../job/rows.ts'
import { saveCheckpoint, type Base } from '../job/save-checkpoint.ts'
import { restoreState } from '../job/saved-state.ts'
import { createTrainer, startState, type Trainer } from '../job/trainer.ts'
import type { Setting } from '../setting.ts'

export const DRILL_JOB = 'flights-drill'
/** The two regions, each a folder: the demonstration has one machine. */
export const regions = ['north', 'south'] as const
export type DemoRegion = (typeof regions)[number]

/** The library of which the environments say the version, and its section. */
export const library = { section: 'dependencies', library: 'trainer' } as const

/** How each state is saved: at which step, where, on which base, with which version of the library. */
const script = [
  { step: 40, region: 'north', delta: false, version: '1' },
  { step: 80, region: 'north', delta: false, version: '2' },
  { step: 120, region: 'south', delta: false, version: '2' },
  { step: 160, region: 'north', delta: true, version: '2' },
  { step: 200, region: 'north', delta: false, version: '2' },
] as const satisfies readonly {
  readonly step: number
  readonly region: DemoRegion
  readonly delta: boolean
  readonly version: string
}[]
/** Where every going on ends, so that the results can be compared. */
const LAST_STEP = 240

/** A state that was saved. */
export interface SavedState {
  readonly step: number
  readonly checkpoint: Digest
  readonly kind: 'full' | 'delta'
  readonly region: DemoRegion
  readonly version: string
}

/** A training whose states were saved, and how to go on from one. */
export interface DrillJob {
  readonly partition: string
  readonly states: readonly SavedState[]
  /** Environment documents by version of the library. */
  readonly environments: ReadonlyMap<string, Digest>
  /** The weights of a training that nothing happened to. */
  readonly undisturbed: Digest
  /** Restores a plan and trains on to where the undisturbed one ended; digest of the weights there. */
  goOn(plan: RecoveryPlan): Promise<Digest>
}

/** Where the bytes of a region are. */
export const folderOf = (directory: string, region: DemoRegion): string =>
  join(directory, 'regions', region)

/** Writes down for the catalog which folder is which region. */
export async function writeBuckets(directory: string): Promise<string> {
  const file = join(directory, 'buckets.json')
  const buckets = regions.map((region) => ({
    name: region,
    folder: folderOf(directory, region),
    region,
  }))
  await writeFile(file, JSON.stringify({ buckets }))
  return file
}

/** Trains on a part of the day and saves its states, here and there. */
export async function trainForDrill(setting: Setting): Promise<DrillJob> {
  const { workspace, seed } = setting
  const [window] = timeWindows
  if (window === undefined) throw new Error('there is a part of the day')
  const source = findFlights()
  const [flights, dataVersion] = await Promise.all([
    loadFlights(source.file),
    readDataVersion(source.manifest),
  ])
  const inputs = [
    { name: 'vega-datasets/flights-200k.json', version: dataVersion, digest: flights.digest },
  ]
  const { training } = selectRows(flights, window, trainingParameters)
  const start = (from = startState(trainingParameters, seed)): Trainer =>
    createTrainer(training, trainingParameters, from)
  const environments = await recordEnvironments(setting)
  const { partition } = window
  const states = await saveStates(setting, { trainer: start(), partition, environments, inputs })
  return {
    partition,
    states,
    environments,
    undisturbed: trainOn(start()),
    goOn: async (plan) => {
      const into = join(workspace.directory, 'restored', plan.checkpoint.slice(-12))
      const { state } = await restoreState(plan, { into, client: setting.catalog })
      return trainOn(start(state))
    },
  }
}

/** Trains to the last step; digest of the weights there. */
function trainOn(trainer: Trainer): Digest {
  while (trainer.step < LAST_STEP) trainer.advance()
  return digestWeights(trainer.model)
}

/** What this machine is, with either version of the library. */
async function recordEnvironments({ catalog }: Setting): Promise<ReadonlyMap<string, Digest>> {
  const { document } = await captureEnvironment({
    directory: fileURLToPath(new URL('.', import.meta.url)),
  })
  const recorded = new Map<string, Digest>()
  for (const version of new Set(script.map((one) => one.version))) {
    const dependencies = { ...document.sections[library.section], [library.library]: version }
    const sections = { ...document.sections, [library.section]: dependencies }
    const changed: Environment = { ...document, sections }
    recorded.set(version, (await catalog.environments.record(changed)).environment)
  }
  return recorded
}

async function saveStates(
  setting: Setting,
  job: Pick<DrillJob, 'partition' | 'environments'> & {
    readonly trainer: Trainer
    readonly inputs: Parameters<typeof saveCheckpoint>[0]['inputs']
  },
): Promise<readonly SavedState[]> {
  const { catalog, seed, workspace } = setting
  const { trainer, partition, environments, inputs } = job
  const parameters = describeParameters(trainingParameters, seed)
  const states: SavedState[] = []
  let run: RunHandle | undefined
  let running = ''
  let base: Base | undefined
  for (const { step, region, delta, version } of script) {
    while (trainer.step < step) trainer.advance()
    // Another version of the library is another process, and so another attempt.
    if (run === undefined || version !== running) {
      const environment = environments.get(version)
      const resumed = await catalog.runs.resume({
        job: DRILL_JOB,
        partition,
        ...(environment === undefined ? {} : { environment }),
      })
      run = resumed.run
      running = version
    }
    const store = await openDiskStore({ directory: folderOf(workspace.directory, region) })
    const saver = { run, store, seed, parameters, inputs, report: () => undefined }
    const { rowsDone, stepsAnEpoch } = trainer
    const epoch = Math.floor(step / stepsAnEpoch)
    const startedAt = new Date()
    const moment = { state: trainer.state(), rowsDone, epoch, isLast: false, startedAt }
    base = await saveCheckpoint(saver, moment, delta ? base : undefined)
    if (base === undefined) throw new Error('without a spool nothing is dropped')
    const kind = delta ? 'delta' : 'full'
    states.push({ step, checkpoint: base.checkpoint, kind, region, version })
  }
  return states
}
