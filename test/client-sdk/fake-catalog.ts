import { digestOf } from '../../client-sdk/document-digest.ts'
import { json, problem, refusedConnection, type SeenRequest } from './fake-fetch.ts'

/** What the catalog behind the fake `fetch` is up to. */
export type Mode = 'up' | 'down' | 'silent' | 'fenced' | 'unauthorized' | 'captive'

/** A catalog of which only registrations and closing matter; it can be made to fail. */
export class FakeCatalog {
  mode: Mode = 'up'
  /** Steps in the order in which they were registered. */
  readonly steps: number[] = []
  readonly bodies: string[] = []

  readonly respond = async (request: SeenRequest): Promise<Response> => {
    switch (this.mode) {
      case 'down':
        throw refusedConnection()
      case 'silent':
        return new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason))
        })
      case 'fenced':
        return problem(409, 'ATTEMPT_FENCED', { body: { facts: { currentAttempt: 2 } } })
      case 'unauthorized':
        return problem(401, 'TOKEN_EXPIRED')
      case 'captive':
        return json({ welcome: 'to the airport' })
      case 'up':
        return this.#answer(request)
    }
  }

  #answer(request: SeenRequest): Response {
    const path = request.url.pathname
    if (path.endsWith('/close')) return json({ run: 'r', state: 'closed' })
    if (path.endsWith('/runs')) {
      const run = { run: 'r', job: 'j', partition: '', attempt: 1, environment: digestOf('env') }
      return json({ run, plan: null, skipped: [] }, 201)
    }
    const body = request.body ?? ''
    const manifest = body.slice('{"manifest":'.length, -1)
    const { step } = Object(JSON.parse(manifest))
    this.bodies.push(body)
    this.steps.push(Number(step))
    return json({ checkpoint: digestOf(manifest), index: this.steps.length }, 201)
  }
}
