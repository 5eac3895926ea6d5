import type { Question } from '../oracle/question.ts'
import type { Request } from '../oracle/request.ts'
import type { World } from '../oracle/world.ts'

/** Questions about what a write may have changed. */
export function questionsAbout(world: World, request: Request): readonly Question[] {
  switch (request.op) {
    case 'register':
    case 'openRun': {
      const { job, partition } = request.op === 'register' ? request.manifest : request.body
      return [{ op: 'latest', job, wish: { partition } }]
    }
    case 'recordEvidence':
    case 'tombstone': {
      const { checkpoint } = request
      const manifest = world.checkpoints.get(checkpoint)?.manifest
      const about: Question = { op: 'checkpoint', checkpoint }
      return manifest === undefined
        ? [about]
        : [about, { op: 'latest', job: manifest.job, wish: { partition: manifest.partition } }]
    }
    case 'closeRun':
      return [{ op: 'run', run: request.run }]
    case 'declareJob':
      return [{ op: 'jobs', limit: 2 }]
    case 'registerBatch':
      return [{ op: 'checkpoints', filter: {}, limit: 12 }]
    case 'declareNamespace':
    case 'recordEnvironment':
      return []
  }
}
