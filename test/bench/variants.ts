import { Hono } from 'hono'
import type { Catalog } from '../../server/compose.ts'
import type { Context } from '../../server/context.ts'
import { mountOperations } from '../../server/http/mount.ts'
import type { Routes } from '../../server/http/route.ts'
import { recoverRoutes } from '../../server/recover/routes.ts'
import { registerRoutes } from '../../server/register/routes.ts'
import { serveApp } from './references.ts'
import { createAppWithoutReceipts } from './without-receipts.ts'

/** Ports of the same catalog with one thing other than it ships. */
export interface VariantPorts {
  /** Believes every request without looking at its token. */
  readonly withoutAuth: number
  /** Commits each registration in a transaction of its own. */
  readonly commitEach: number
  /** Signs, remembers and proves nothing. */
  readonly withoutReceipts: number
}

const everyone = {
  id: 'bench',
  grants: [{ verbs: ['append', 'read'], on: '*/*' }],
} as const

/** Listens with every variant over an open catalog. */
export async function serveVariants(catalog: Catalog, token: string): Promise<VariantPorts> {
  const { context } = catalog
  return {
    withoutAuth: await serveApp(variant(context, async () => everyone)),
    commitEach: await serveApp(
      variant({ ...context, log: oneAtATime(context.log) }, async (authorization) => {
        if (authorization !== `Bearer ${token}`) throw new Error('the bench sends its own token')
        return everyone
      }),
    ),
    withoutReceipts: await serveApp(await createAppWithoutReceipts(catalog)),
  }
}

function variant(
  context: Context,
  authenticate: Parameters<typeof mountOperations>[2]['authenticate'],
): Hono {
  const app = new Hono()
  // Only what the bench sends to a variant has a route here; nothing else is asked of it.
  const routes = { ...registerRoutes, ...recoverRoutes } as unknown as Routes
  let count = 0
  mountOperations(app, routes, {
    context,
    authenticate,
    checkHost: () => undefined,
    newRequestId: () => `bench-${(count += 1)}`,
    onFailure: (error) => console.error(error),
  })
  return app
}

/** The log without group commit: each command waits until the one before it is durable. */
function oneAtATime(log: Context['log']): Context['log'] {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...log,
    append: (command) => {
      const result = last.then(() => log.append(command))
      last = result.catch(() => undefined)
      return result
    },
  }
}
