import { openDatabase } from '../../server/compose.ts'
import { parseConfig } from '../../server/main.ts'
import type { Database } from '../../server/store/database.ts'
import { answerRequests } from './answer.ts'
import { checkpointAt } from './fixture.ts'
import { openRawPostgres } from './raw-postgres.ts'
import { openRawSqlite } from './raw-sqlite.ts'
import { layOut, type RawWriter } from './raw-statements.ts'
import { recordWrites } from './raw-writes.ts'

/** What the bench asks of the raw writer: rows of registrations from `first` on, in groups. */
export type RawRequest =
  | { readonly do: 'open'; readonly env: Readonly<Record<string, string>> }
  | {
      readonly do: 'write'
      readonly first: number
      readonly groupCount: number
      readonly groupSize: number
    }

let database: Database | undefined
let writer: RawWriter | undefined

async function open(env: Readonly<Record<string, string>>): Promise<void> {
  const config = parseConfig(env)
  database = await openDatabase(config.database, Date.now)
  writer =
    config.database.kind === 'postgres'
      ? await openRawPostgres(config.database.url)
      : await openRawSqlite(config.database.file, database)
}

/** Resolves to the milliseconds that writing alone took. */
async function write(first: number, groupCount: number, groupSize: number): Promise<number> {
  if (database === undefined || writer === undefined) throw new Error('open comes first')
  const groups = Array.from({ length: groupCount }, (_, group) =>
    Array.from({ length: groupSize }, (_item, place) =>
      checkpointAt(first + group * groupSize + place),
    ),
  )
  const recorded = await recordWrites(database, groups)
  return writer.write(recorded.map(layOut))
}

answerRequests<RawRequest>(
  async (request) =>
    request.do === 'open'
      ? open(request.env)
      : write(request.first, request.groupCount, request.groupSize),
  async () => {
    await writer?.close()
    await database?.close()
  },
)
