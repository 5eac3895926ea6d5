import type { Finding, Grade, Labels, Manifest, Outcome, Spec } from './fact.ts'

/** A manifest to register, with the digest that the caller holds it to have. */
export interface Registration {
  readonly manifest: Manifest
  readonly digest?: string | undefined
}

/** The body with which a run is opened. */
export interface OpenRunBody {
  readonly job: string
  readonly partition?: string | undefined
  readonly run?: string | undefined
  readonly resume: string
  readonly minGrade?: Grade | undefined
  readonly environment?: string | undefined
  readonly labels?: Labels | undefined
}

/** A write, with everything it says. */
export type Request =
  | { readonly op: 'declareNamespace'; readonly spec: Spec }
  | { readonly op: 'declareJob'; readonly job: string; readonly spec: Spec }
  | { readonly op: 'recordEnvironment'; readonly digest: string; readonly document: unknown }
  | { readonly op: 'openRun'; readonly body: OpenRunBody }
  | {
      readonly op: 'closeRun'
      readonly run: string
      readonly body: { readonly outcome: Outcome; readonly note?: string | undefined }
    }
  | ({ readonly op: 'register' } & Registration)
  | { readonly op: 'registerBatch'; readonly items: readonly Registration[] }
  | {
      readonly op: 'recordEvidence'
      readonly checkpoint: string
      readonly body: {
        readonly finding: Finding
        readonly outcome: 'passed' | 'failed'
        readonly method: string
      }
    }
  | {
      readonly op: 'tombstone'
      readonly checkpoint: string
      readonly body: { readonly reason: string; readonly successor?: string | undefined }
    }

export type RequestOf<Op extends Request['op']> = Extract<Request, { readonly op: Op }>

/** One call of the API, below the namespace. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** How a write is sent. */
export function callOf(request: Request): Call {
  switch (request.op) {
    case 'declareNamespace':
      return { method: 'PUT', path: '', body: request.spec }
    case 'declareJob':
      return { method: 'PUT', path: `/jobs/${request.job}`, body: request.spec }
    case 'recordEnvironment':
      return { method: 'PUT', path: `/environments/${request.digest}`, body: request.document }
    case 'openRun':
      return { method: 'POST', path: '/runs', body: request.body }
    case 'closeRun':
      return { method: 'POST', path: `/runs/${request.run}/close`, body: request.body }
    case 'register': {
      const { manifest, digest } = request
      return { method: 'POST', path: '/checkpoints', body: { manifest, digest } }
    }
    case 'registerBatch':
      return { method: 'POST', path: '/checkpoints/batch', body: { items: request.items } }
    case 'recordEvidence': {
      const { body, checkpoint } = request
      return { method: 'POST', path: `/checkpoints/${checkpoint}/evidence`, body }
    }
    case 'tombstone': {
      const { body, checkpoint } = request
      return { method: 'POST', path: `/checkpoints/${checkpoint}/tombstone`, body }
    }
  }
}
