import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import type { ServerConfig } from './server-config.ts'

/**
 * A folder that was mistyped must not become an empty catalog in which nothing is wrong.
 *
 * @throws {CONFIG_INVALID} there is no embedded database where the configuration says
 */
export function requireCatalog({ database }: ServerConfig): void {
  if (database.kind !== 'sqlite' || existsSync(database.file)) return
  throw new CatalogError(
    'CONFIG_INVALID',
    `There is no catalog at ${resolve(database.file)}: name its folder with --data-dir.`,
  )
}
