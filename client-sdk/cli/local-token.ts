import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import { verbs, type Grant } from '../../schema/grant.ts'
import { loadServer, type ServerConfig } from './server-config.ts'

/** Everything in every namespace: what the person at the machine may do. */
export const allGrants: readonly Grant[] = [{ verbs, on: '*/*' }]

/** What a token of the machine's own key says. */
export interface LocalToken {
  readonly subject: string
  readonly grants: readonly Grant[]
  readonly lifetimeSeconds: number
}

/** Whether a server has been started in this folder, and so has made its key. */
export function hasLocalKey(dataDirectory: string): boolean {
  return existsSync(join(dataDirectory, 'local-key.json'))
}

/** The name that tokens of this machine's user carry. */
export function personName(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without an account, as in some containers.
    return 'operator'
  }
}

/**
 * Signs a token with the key in a data folder; no server need run there.
 *
 * @throws {CONFIG_INVALID} no server has ever been started in the folder, or its key cannot be read
 */
export async function signLocally(config: ServerConfig, token: LocalToken): Promise<string> {
  const { dataDirectory } = config
  if (!hasLocalKey(dataDirectory)) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `There is no key in ${resolve(dataDirectory)}: run "cairn serve" there first, or name its folder with --data-dir.`,
    )
  }
  const { openLocalKey } = await loadServer()
  const key = await openLocalKey(dataDirectory)
  return key.sign({ ...token, issuedAtMs: Date.now() })
}
