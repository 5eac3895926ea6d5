import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import BetterSqlite from 'better-sqlite3'
import { canPin, LOAD_CORE, SERVER_CORE } from './child.ts'

/** What the numbers were taken on. */
export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cpuCount: number
  readonly memoryGiB: number
  readonly kernel: string
  /** Load of the machine in the minute before: others may be at work. */
  readonly loadBefore: number
  readonly node: string
  readonly sqlite: string
  readonly packages: Readonly<Record<string, string>>
  readonly cores: string
}

const packageNames = [
  'hono',
  '@hono/node-server',
  'better-sqlite3',
  'kysely',
  'pg',
  'ajv',
  'jose',
] as const

/** Describes this machine and what runs on it. */
export function describeMachine(): Machine {
  const database = new BetterSqlite(':memory:')
  const sqlite = String(database.prepare('select sqlite_version()').pluck().get())
  database.close()
  const processors = cpus()
  return {
    date: new Date().toISOString(),
    cpu: processors[0]?.model ?? 'unknown',
    cpuCount: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadBefore: loadavg()[0] ?? Number.NaN,
    node: process.versions.node,
    sqlite,
    packages: Object.fromEntries(packageNames.map((name) => [name, versionOf(name)])),
    cores: canPin
      ? `server on core ${SERVER_CORE}, load on core ${LOAD_CORE}`
      : 'not bound to cores: ratios are of little worth',
  }
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }
  return version
}
