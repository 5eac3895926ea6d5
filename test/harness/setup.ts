import { POSTGRES_VARIABLE, startPostgres, type RunningPostgres } from './postgres.ts'

let running: RunningPostgres | undefined

/** One PostgreSQL for the whole test run; each catalog gets a database of its own in it. */
export async function globalSetup(): Promise<void> {
  running = await startPostgres(['-c', 'fsync=off'])
  process.env[POSTGRES_VARIABLE] = running.url
}

export async function globalTeardown(): Promise<void> {
  await running?.stop()
}
