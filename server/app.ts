import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { CatalogError } from '../schema/errors.ts'
import { operations } from '../schema/operations.ts'
import type { Operation } from '../schema/operations/operation.ts'
import { auditRoutes } from './audit/routes.ts'
import type { Catalog } from './compose.ts'
import { createAuthenticate } from './http/authenticate.ts'
import { createCheckHost } from './http/check-host.ts'
import { mountOperations, refuse } from './http/mount.ts'
import type { Routes } from './http/route.ts'
import { lineageRoutes } from './lineage/routes.ts'
import { policyRoutes } from './policy/routes.ts'
import { recoverRoutes } from './recover/routes.ts'
import { registerRoutes } from './register/routes.ts'
import { retentionRoutes } from './retention/routes.ts'
import { verifyRoutes } from './verify/routes.ts'

const routes: Routes = {
  ...registerRoutes,
  ...policyRoutes,
  ...recoverRoutes,
  ...lineageRoutes,
  ...verifyRoutes,
  ...retentionRoutes,
  ...auditRoutes,
}

/** The HTTP application over an open catalog. */
export function createApp(catalog: Catalog, allowedHosts: readonly string[]): Hono {
  const { context, logger } = catalog
  const app = new Hono()
  const newRequestId = requestIds(context.newId())
  const checkHost = createCheckHost(allowedHosts)
  const onFailure = (error: unknown, requestId: string): void =>
    logger.error({ err: error, requestId }, 'a request failed')

  mountOperations(app, routes, {
    context,
    authenticate: createAuthenticate(catalog.verifyToken, context.nowMs),
    checkHost,
    newRequestId,
    onFailure,
  })
  mountService(app, catalog)
  app.notFound((http) => {
    checkHost(http.req.raw.headers)
    throw unknownRoute(http.req.method, http.req.path)
  })
  app.onError((error) => refuse(error, newRequestId(), { onFailure }))
  return app
}

/** Stopped logs that are described; the log of the server names them all. */
const SHOWN_COUNT = 16

/** Why a log is stopped, without its name: whoever asks has shown no token. */
function describe({ code, detail: { missingFrom, missingTo } }: CatalogError): object {
  return { code, ...(missingFrom === undefined ? {} : { missingFrom, missingTo }) }
}

/** What a load balancer and a reader of the contract ask for; says nothing of what is stored. */
function mountService(app: Hono, { context }: Catalog): void {
  const contract = new URL('../openapi.yaml', import.meta.url)
  app.get('/healthz', (http) => http.json({ status: 'ok' }))
  app.get('/readyz', async (http) => {
    try {
      await context.db.selectFrom('log_head').select('size').limit(1).execute()
      const stopped = [...(await context.log.stopped.examine()).values()]
      if (stopped.length === 0 || http.req.query('for') === 'reads') {
        return http.json({ status: 'ready' })
      }
      return http.json(
        { status: 'reads-only', stopped: stopped.slice(0, SHOWN_COUNT).map(describe) },
        503,
      )
    } catch {
      return http.json({ status: 'unavailable' }, 503)
    }
  })
  app.get('/openapi.yaml', () => {
    const headers = { 'content-type': 'application/yaml' }
    return new Response(readFileSync(contract), { headers })
  })
}

/** Ids that are unique among all servers and cost nothing to make. */
function requestIds(start: string): () => string {
  const prefix = start.replaceAll('-', '').slice(0, 16)
  let count = 0
  return () => `${prefix}-${(count += 1).toString(36)}`
}

/** Says which methods a path has, or that there is no such path. */
function unknownRoute(method: string, path: string): CatalogError {
  const all: readonly Operation[] = Object.values(operations)
  const allowed = all.filter((operation) => templateOf(operation).test(path))
  if (allowed.length === 0) {
    return new CatalogError(
      'ROUTE_NOT_FOUND',
      `There is nothing at ${path.slice(0, 200)}: /openapi.yaml lists every route.`,
    )
  }
  const methods = allowed.map((operation) => operation.method).join(', ')
  return new CatalogError('METHOD_NOT_ALLOWED', `${method} is not possible here: use ${methods}.`, {
    detail: { allowed: methods },
  })
}

function templateOf({ path, tail }: Operation): RegExp {
  const steps = path.replaceAll(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${tail === true ? steps.replace(/\[\^\/\]\+$/, '[^]+') : steps}$`)
}
