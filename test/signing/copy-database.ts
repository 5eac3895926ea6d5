import { copyFileSync } from 'node:fs'
import pg from 'pg'
import type { Config } from '../../server/config.ts'

let copyCount = 0

/** Copies the database of a catalog that is closed; the same configuration over the copy. */
export async function copyDatabase(config: Config): Promise<Config> {
  const { database } = config
  copyCount += 1
  if (database.kind === 'sqlite') {
    const file = `${database.file}-${copyCount}`
    copyFileSync(database.file, file)
    return { ...config, database: { ...database, file } }
  }
  const url = new URL(database.url)
  const name = url.pathname.slice(1)
  const copy = `${name}_copy_${copyCount}`
  const client = new pg.Client({ connectionString: new URL('/postgres', url).href })
  await client.connect()
  await client.query(`create database ${copy} template ${name}`)
  await client.end()
  return { ...config, database: { ...database, url: new URL(`/${copy}`, url).href } }
}
