import type { Digest } from '../../api.ts'
import type { JobEvent } from './job/job-event.ts'

/** What a job said of one checkpoint. */
export type SavedCheckpoint = Omit<JobEvent & { readonly event: 'checkpoint' }, 'event'>
/** What a job said when an attempt began. */
export type OpenedAttempt = Omit<JobEvent & { readonly event: 'opened' }, 'event'>
/** What a job said at its end. */
export type JobResult = Omit<JobEvent & { readonly event: 'finished' }, 'event'>

/** A job that was killed, and how it came back. Times are milliseconds. */
export interface Crash {
  readonly partition: string
  /** The attempt that was killed; 0 when it had not begun. */
  readonly attempt: number
  /** Last step that it told of. */
  readonly atStep: number
  /** Checkpoints that lay in its spool. */
  readonly waitingCount: number
  /** How the next attempt began. */
  readonly next: OpenedAttempt
  /** From the kill until the next attempt trained. */
  readonly downMs: number
  /** From the kill until the work that was lost had been done again. */
  readonly regainedMs: number
}

/** Everything that happened to one partition of a job, from its first attempt to its end. */
export interface JobStory {
  readonly job: string
  readonly partition: string
  readonly attempts: readonly OpenedAttempt[]
  readonly crashes: readonly Crash[]
  /** Every checkpoint that an attempt was told is kept, in the order in which it heard. */
  readonly saved: readonly SavedCheckpoint[]
  readonly result: JobResult
  readonly stepCount: number
  /** From the first attempt's first step to the last one's end, in milliseconds. */
  readonly trainingMs: number
}

/** One run of all partitions. */
export interface PhaseStory {
  readonly name: string
  readonly job: string
  readonly durationMs: number
  readonly partitions: readonly JobStory[]
}

/** Steps that a crash made the job do again. */
export function redoneSteps({ atStep, next }: Crash): number {
  return Math.max(0, atStep - (next.from?.step ?? 0))
}

/** The digests that jobs were told are kept, each once. */
export function keptDigests(stories: readonly JobStory[]): readonly Digest[] {
  const kept = stories
    .flatMap((story) => story.saved)
    .filter(({ status }) => status !== 'dropped')
    .map(({ checkpoint }) => checkpoint)
  return [...new Set(kept)]
}
