import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CatalogError } from '../../../../schema/errors.ts'
import type { RecoveryPlan } from '../../../api.ts'
import { captureEnvironment } from '../../../capture/capture-environment.ts'
import { CatalogClient } from '../../../client.ts'
import type { SpoolEvent } from '../../../hooks.ts'
import { openSpool } from '../../../spool/open-spool.ts'
import { findFlights, loadFlights, readDataVersion } from './flights.ts'
import type { JobEvent } from './job-event.ts'
import { openJobReaders, openJobStore, type JobPlace } from './job-store.ts'
import { baselineLoss, digestWeights, logLoss } from './model.ts'
import { openAttempt } from './open-attempt.ts'
import {
  CHECKPOINT_EVERY_STEPS,
  describeParameters,
  timeWindows,
  trainingParameters,
} from './parameters.ts'
import { selectRows, type Rows } from './rows.ts'
import { saveCheckpoint, type Base, type Saver } from './save-checkpoint.ts'
import { restoreState } from './saved-state.ts'
import { createTrainer, startState, type Trainer } from './trainer.ts'

/** What to train, where, and how fast. */
export interface JobOptions extends JobPlace {
  readonly url: string
  readonly token: string
  readonly namespace: string
  readonly job: string
  readonly partition: string
  readonly seed: string
  /** Most rows that are trained on in a second. */
  readonly rowsPerSecond: number
}

/** Steps between two reports. */
const REPORT_EVERY_STEPS = 5
/** Sleeps below this are not worth their timer. */
const SLEEP_MIN_MS = 4

/**
 * Trains on one part of the day: opens an attempt, goes on where the last good state ends, saves, closes.
 *
 * @throws {INVALID_REQUEST} there is no such partition
 * @throws {ATTEMPT_FENCED} a newer attempt has taken over
 */
export async function trainPartition(
  options: JobOptions,
  report: (event: JobEvent) => void,
): Promise<void> {
  const { job, partition, seed, directory } = options
  const window = timeWindows.find((one) => one.partition === partition)
  if (window === undefined) {
    const known = timeWindows.map((one) => one.partition).join(', ')
    throw new CatalogError('INVALID_REQUEST', `No partition "${partition}": use one of ${known}.`)
  }
  const source = findFlights()
  const [flights, version, { document: environment }] = await Promise.all([
    loadFlights(source.file),
    readDataVersion(source.manifest),
    captureEnvironment({ directory: fileURLToPath(new URL('.', import.meta.url)) }),
  ])
  const inputs = [{ name: 'vega-datasets/flights-200k.json', version, digest: flights.digest }]
  const parameters = describeParameters(trainingParameters, seed)
  const { training, heldOut } = selectRows(flights, window, trainingParameters)
  const store = await openJobStore(options)
  const spool = await openSpool({ directory: join(directory, 'spool', `${job}.${partition}`) })
  const { url, namespace, token } = options
  const onSpool = ({ kind, checkpoint }: SpoolEvent): void => {
    if (kind === 'registered') report({ event: 'sent', checkpoint })
  }
  const catalog = new CatalogClient({ url, namespace, token, spool, hooks: { onSpool } })
  try {
    const attempt = { job, partition, environment, parameters, inputs }
    const { flushedCount, ...opened } = await openAttempt(catalog, attempt, report)
    const into = join(directory, 'restore', opened.run.id)
    const found =
      opened.plan === null
        ? { plan: null, state: startState(trainingParameters, seed) }
        : await restoreState(opened.plan, {
            into,
            stores: await openJobReaders(options, opened.plan),
            client: catalog,
            run: opened.run,
          })
    // Of a state whose bytes are lost another one has taken the place, in an attempt of its own.
    const { run, plan, state } = { run: opened.run, ...found }
    await rm(into, { recursive: true, force: true })
    const trainer = createTrainer(training, trainingParameters, state)
    report({
      event: 'opened',
      run: run.id,
      attempt: run.attempt,
      flushedCount,
      stepCount: trainer.stepCount,
      from: plan === null ? null : describeOrigin(plan),
    })
    const base = plan === null ? undefined : { checkpoint: plan.checkpoint, model: state.model }
    const saver = { run, store, seed, parameters, inputs, report }
    await trainToEnd(trainer, saver, { base, rowsPerSecond: options.rowsPerSecond })
    await run.close('succeeded')
    report(resultOf(trainer, heldOut))
  } finally {
    await catalog.close()
    await spool.close()
  }
}

function describeOrigin(plan: RecoveryPlan): (JobEvent & { readonly event: 'opened' })['from'] {
  const { checkpoint, step, totalBytes, stages } = plan
  return { checkpoint, step, totalBytes, stageCount: stages.length }
}

async function trainToEnd(
  trainer: Trainer,
  saver: Saver,
  {
    base: from,
    rowsPerSecond,
  }: { readonly base: Base | undefined; readonly rowsPerSecond: number },
): Promise<void> {
  const startedMs = performance.now()
  const rowsBefore = trainer.rowsDone
  let base = from
  let startedAt = new Date()
  while (trainer.step < trainer.stepCount) {
    trainer.advance()
    const isLast = trainer.step === trainer.stepCount
    if (trainer.step % REPORT_EVERY_STEPS === 0) saver.report({ event: 'step', step: trainer.step })
    if (isLast || trainer.step % CHECKPOINT_EVERY_STEPS === 0) {
      const { rowsDone, step, stepsAnEpoch } = trainer
      const epoch = Math.floor(step / stepsAnEpoch)
      const moment = { state: trainer.state(), rowsDone, epoch, isLast, startedAt }
      base = await saveCheckpoint(saver, moment, base)
      startedAt = new Date()
    }
    const dueMs = ((trainer.rowsDone - rowsBefore) / rowsPerSecond) * 1000
    const aheadMs = dueMs - (performance.now() - startedMs)
    if (aheadMs >= SLEEP_MIN_MS) await delay(aheadMs)
  }
}

function resultOf(trainer: Trainer, heldOut: Rows): JobEvent {
  return {
    event: 'finished',
    step: trainer.step,
    weights: digestWeights(trainer.model),
    logLoss: logLoss(trainer.model, heldOut),
    baselineLoss: baselineLoss(heldOut),
  }
}
