import type { Grade } from './fact.ts'

/** A filter of the list of checkpoints. */
export interface CheckpointFilter {
  readonly job?: string | undefined
  readonly partition?: string | undefined
  readonly run?: string | undefined
  readonly kind?: string | undefined
  readonly tier?: string | undefined
  readonly environment?: string | undefined
  readonly minStep?: number | undefined
  readonly maxStep?: number | undefined
  readonly label?: string | undefined
  readonly tombstoned?: boolean | undefined
}

/** What a caller may ask of a state, in a query or a body. */
export interface Wish {
  readonly partition?: string | undefined
  readonly minGrade?: Grade | undefined
  readonly environment?: string | undefined
  readonly includeAbandoned?: boolean | undefined
}

/** A read, with everything it says but the moment it asks about. */
export type Question =
  | { readonly op: 'latest'; readonly job: string; readonly wish: Wish }
  | {
      readonly op: 'plan'
      readonly job: string
      readonly checkpoint?: string | undefined
      readonly wish: Wish
    }
  | { readonly op: 'checkpoints'; readonly filter: CheckpointFilter; readonly limit: number }
  | { readonly op: 'checkpoint'; readonly checkpoint: string }
  | { readonly op: 'run'; readonly run: string }
  | {
      readonly op: 'runs'
      readonly filter: Pick<CheckpointFilter, 'job' | 'partition'>
      readonly limit: number
    }
  | { readonly op: 'job'; readonly job: string }
  | { readonly op: 'jobs'; readonly limit: number }
  | {
      readonly op: 'lineage'
      readonly checkpoint: string
      readonly direction: 'ancestors' | 'descendants'
      readonly depth: number
      readonly limit: number
    }

export type QuestionOf<Op extends Question['op']> = Extract<Question, { readonly op: Op }>

/** A read as HTTP, below the namespace. */
export interface ReadCall {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: unknown
  /** Whether the answer is a list, to be walked page by page. */
  readonly paged: boolean
}

/** How a question is sent; without `asOf` it asks about now. */
export function readCallOf(question: Question, asOf: number | undefined): ReadCall {
  const get = (path: string, query: Query, paged = false): ReadCall => ({
    method: 'GET',
    path: `${path}${queryText({ ...query, asOf })}`,
    body: undefined,
    paged,
  })
  switch (question.op) {
    case 'latest':
      return get(`/jobs/${question.job}/latest`, { ...question.wish })
    case 'plan': {
      const { checkpoint, job, wish } = question
      const body = { job, checkpoint, ...wish, asOf }
      return { method: 'POST', path: '/recovery-plans', body, paged: false }
    }
    case 'checkpoints':
      return get('/checkpoints', { ...question.filter, limit: question.limit }, true)
    case 'checkpoint':
      return get(`/checkpoints/${question.checkpoint}`, {})
    case 'run':
      return get(`/runs/${question.run}`, {})
    case 'runs':
      return get('/runs', { ...question.filter, limit: question.limit }, true)
    case 'job':
      return get(`/jobs/${question.job}`, {})
    case 'jobs':
      return get('/jobs', { limit: question.limit }, true)
    case 'lineage': {
      const { checkpoint, depth, direction, limit } = question
      return get(`/checkpoints/${checkpoint}/lineage`, { direction, depth, limit })
    }
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>

function queryText(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}
