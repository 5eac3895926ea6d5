import { pino } from 'pino'
import { openCatalog, type Catalog } from '../../server/compose.ts'
import { parseConfig } from '../../server/main.ts'
import { answerRequests } from './answer.ts'
import { publishTiles, timeAudit, type PublishedTiles } from './audit-tiles.ts'
import { openLogQuestions, type AskLog, type LogQuestion } from './log-questions.ts'

/** What the bench asks of a process that has a database to itself, without HTTP. */
export type LogRequest =
  | { readonly do: 'open'; readonly env: Readonly<Record<string, string>> }
  | { readonly do: 'ask'; readonly question: LogQuestion; readonly durationMs: number }
  | { readonly do: 'publish'; readonly folder: string }
  | { readonly do: 'audit' }

let catalog: Catalog | undefined
let questions: AskLog | undefined
let published: PublishedTiles | undefined

async function open(env: Readonly<Record<string, string>>): Promise<void> {
  catalog = await openCatalog(parseConfig(env), { logger: pino({ level: 'error' }) })
  questions = await openLogQuestions(catalog.context)
}

answerRequests<LogRequest>(
  async (request) => {
    if (request.do === 'open') return open(request.env)
    if (catalog === undefined || questions === undefined) throw new Error('open comes first')
    switch (request.do) {
      case 'ask':
        return questions(request.question, request.durationMs)
      case 'publish':
        published = await publishTiles(catalog, request.folder)
        return published.size
      case 'audit':
        if (published === undefined) throw new Error('publish comes first')
        return timeAudit(published)
    }
  },
  async () => catalog?.close(),
)
