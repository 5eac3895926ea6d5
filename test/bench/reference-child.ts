import { answerRequests } from './answer.ts'
import { serveReferences } from './references.ts'
import { readUsage } from './usage.ts'

/** What the bench asks of the process with the references. */
export type ReferenceRequest = { readonly do: 'references' } | { readonly do: 'usage' }

answerRequests<ReferenceRequest>(async (request) =>
  request.do === 'references' ? serveReferences() : readUsage(),
)
