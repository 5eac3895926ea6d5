import type { Logger } from 'pino'
import type { Grant } from '../schema/grant.ts'
import { NamespaceName } from '../schema/names.ts'
import { createApp } from './app.ts'
import { openCatalog, type Catalog } from './compose.ts'
import type { Config } from './config.ts'
import { closeServer, listen, urlOf } from './http/listen.ts'
import { validate } from './http/validate.ts'
import { followCatalog } from './publish-logs.ts'
import { declareNamespace } from './register/declare-namespace.ts'

export { openLocalKey } from './auth/local-key.ts'
export { migrateCatalog, replayCatalog } from './compose.ts'
export { parseConfig, type Config } from './config.ts'
export {
  hexOf,
  openLogKeys,
  originIn,
  retireLogKey,
  rotateLogKeys,
  verifierKeyIn,
} from './signing/signing-keys.ts'
export {
  backupCatalog,
  exportNamespace,
  importExport,
  inspectCatalog,
  repairNamespace,
  rememberLog,
} from './maintain.ts'
export { publishLogs } from './publish-logs.ts'
export { startWitness } from './witness/start-witness.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  readonly catalog: Catalog
  /** A token of the local key. */
  token(request: {
    readonly subject: string
    readonly grants: readonly Grant[]
    readonly lifetimeSeconds: number
  }): Promise<string>
  /** Takes no new requests, ends those that run, and lets go of the database. */
  close(): Promise<void>
}

/**
 * Opens the catalog and listens.
 *
 * @throws {SCHEMA_UNKNOWN | STORAGE_UNAVAILABLE | CONFIG_INVALID}
 */
export async function startServer(config: Config, logger?: Logger): Promise<RunningServer> {
  const catalog = await openCatalog(config, logger === undefined ? {} : { logger })
  const app = createApp(catalog, config.allowedHosts)
  const publisher = await followCatalog(catalog, config.publishFolder).catch(closing(catalog))
  await warnOfStopped(catalog)
  const { server, port } = await listen(app.fetch, config).catch(async (error: unknown) => {
    await publisher?.close()
    return closing(catalog)(error)
  })
  return {
    url: urlOf(config.host, port),
    catalog,
    token: (request) => catalog.localKey.sign({ ...request, issuedAtMs: catalog.context.nowMs() }),
    close: async () => {
      await closeServer(server)
      await publisher?.close()
      await catalog.close()
    },
  }
}

/** Says of each log that is not written to what is missing, and the ways out. */
async function warnOfStopped({ context, logger }: Catalog): Promise<void> {
  for (const [namespace, { code, message, detail }] of await context.log.stopped.examine()) {
    logger.warn({ ...detail, code, namespace }, message)
  }
}

/** Closes a catalog that cannot be served, and fails as it failed. */
function closing(catalog: Catalog): (error: unknown) => Promise<never> {
  return async (error) => {
    await catalog.close()
    throw error
  }
}

/**
 * Declares a namespace on the host itself, as the operator of this machine.
 *
 * @throws {INVALID_NAME}
 */
export async function declareLocally(catalog: Catalog, namespace: string): Promise<void> {
  validate(NamespaceName, namespace, 'path')
  const operator = { id: 'operator', grants: [{ verbs: ['admin'], on: '*/*' }] } as const
  const input = { namespace: namespace as NamespaceName, body: {} }
  const current = await catalog.context.db
    .selectFrom('namespace')
    .select('namespace')
    .where('namespace', '=', input.namespace)
    .limit(1)
    .executeTakeFirst()
  if (current !== undefined) return
  const access = { kind: 'asked', operation: 'declareNamespace', grant: '*/*' } as const
  await declareNamespace({ ...catalog.context, request: { access } }, operator, input)
}
