import type { Digest } from '../../api.ts'
import type { JobEvent } from './job/job-event.ts'
import type { Crash, JobResult, JobStory, OpenedAttempt, SavedCheckpoint } from './job-story.ts'

/** How a partition stands, for those who watch. */
export interface PartitionStanding {
  readonly partition: string
  readonly state: 'starting' | 'waiting' | 'training' | 'killed' | 'finished'
  readonly step: number
  /** 0 until an attempt has begun. */
  readonly stepCount: number
  readonly attempt: number
  readonly savedCount: number
  /** Checkpoints in the spool, as far as the job told. */
  readonly waitingCount: number
}

/** An attempt that was killed and has no successor yet. */
export interface KilledAttempt {
  readonly partition: string
  /** 0 when none had begun. */
  readonly attempt: number
  readonly run: string | undefined
  readonly atStep: number
  readonly waitingCount: number
  readonly atMs: number
}

/** Puts together what happened to a partition, from what its attempts tell and when they are killed. */
export class JobRecord {
  readonly #job: string
  readonly #partition: string
  readonly #attempts: OpenedAttempt[] = []
  readonly #crashes: Crash[] = []
  readonly #saved: SavedCheckpoint[] = []
  readonly #waiting = new Set<Digest>()
  readonly #sent = new Set<Digest>()
  /** Checkpoints that left the spool since it was last empty. */
  #drainedCount = 0
  #state: PartitionStanding['state'] = 'starting'
  #step = 0
  #stepCount = 0
  #openedAtMs = 0
  #firstOpenedAtMs: number | undefined
  #killed: KilledAttempt | undefined
  /** A crash whose lost work is being done again. */
  #regaining: (Omit<Crash, 'regainedMs'> & { readonly atMs: number }) | undefined
  #result: JobResult | undefined

  constructor(job: string, partition: string) {
    this.#job = job
    this.#partition = partition
  }

  /** The job's last words; undefined until it has finished. */
  get result(): JobResult | undefined {
    return this.#result
  }

  get standing(): PartitionStanding {
    return {
      partition: this.#partition,
      state: this.#state,
      step: this.#step,
      stepCount: this.#stepCount,
      attempt: this.#attempts.at(-1)?.attempt ?? 0,
      savedCount: new Set(this.#saved.map(({ step }) => step)).size,
      waitingCount: this.#waiting.size,
    }
  }

  /** A process was started. */
  started(): void {
    this.#state = 'starting'
    this.#result = undefined
  }

  /** The job told something. */
  heard(event: JobEvent, nowMs: number): void {
    switch (event.event) {
      case 'waiting':
        this.#state = 'waiting'
        return
      case 'opened':
        return this.#opened(event, nowMs)
      case 'step':
        this.#step = event.step
        return this.#noteRegained(nowMs)
      case 'checkpoint':
        this.#saved.push(event)
        if (event.status === 'spooled' && !this.#sent.has(event.checkpoint)) {
          this.#waiting.add(event.checkpoint)
        }
        return
      case 'sent':
        this.#sent.add(event.checkpoint)
        if (this.#waiting.delete(event.checkpoint)) this.#drainedCount += 1
        return
      case 'finished':
        this.#result = event
        this.#state = 'finished'
    }
  }

  /** How many checkpoints left the spool, when the last of them has; told once, otherwise 0. */
  takeDrained(): number {
    if (this.#waiting.size > 0) return 0
    const count = this.#drainedCount
    this.#drainedCount = 0
    return count
  }

  /** The process was killed. */
  killed(nowMs: number): KilledAttempt {
    this.#state = 'killed'
    this.#killed = {
      partition: this.#partition,
      attempt: this.#attempts.at(-1)?.attempt ?? 0,
      run: this.#attempts.at(-1)?.run,
      atStep: this.#step,
      waitingCount: this.#waiting.size,
      atMs: nowMs,
    }
    return this.#killed
  }

  /** Milliseconds that the attempt under way has taken for a step; undefined before its first. */
  stepMs(nowMs: number): number | undefined {
    const steps = this.#step - (this.#attempts.at(-1)?.from?.step ?? 0)
    return steps > 0 ? (nowMs - this.#openedAtMs) / steps : undefined
  }

  /** All of it, when the job has finished. */
  story(result: JobResult, nowMs: number): JobStory {
    return {
      job: this.#job,
      partition: this.#partition,
      attempts: this.#attempts,
      crashes: this.#crashes,
      saved: this.#saved,
      result,
      stepCount: this.#stepCount,
      trainingMs: nowMs - (this.#firstOpenedAtMs ?? nowMs),
    }
  }

  #opened(opened: OpenedAttempt, nowMs: number): void {
    const killed = this.#killed
    this.#attempts.push(opened)
    this.#state = 'training'
    this.#step = opened.from?.step ?? 0
    this.#stepCount = opened.stepCount
    this.#openedAtMs = nowMs
    this.#firstOpenedAtMs ??= nowMs
    this.#killed = undefined
    if (killed === undefined) return
    const { partition, attempt, atStep, waitingCount, atMs } = killed
    const crash = { partition, attempt, atStep, waitingCount, next: opened }
    this.#regaining = { ...crash, downMs: nowMs - atMs, atMs }
    this.#noteRegained(nowMs)
  }

  #noteRegained(nowMs: number): void {
    if (this.#regaining === undefined || this.#step < this.#regaining.atStep) return
    const { atMs, ...crash } = this.#regaining
    this.#crashes.push({ ...crash, regainedMs: nowMs - atMs })
    this.#regaining = undefined
  }
}
