import { registerHooks } from 'node:module'
import type { Hono } from 'hono'
import type * as App from '../../server/app.ts'
import { projections, type Catalog } from '../../server/compose.ts'
import type * as OpenLog from '../../server/log/open-log.ts'

/** Stands behind the address of every module that is loaded a second time. */
const MARK = '?without-receipts'

const server = new URL('../../server/', import.meta.url).href
/** Shared with the server as shipped: both write through one handle. */
const store = `${server}store/`

/** What the second copy does without: an export of a module of the log, and what it gives instead. */
const omitted: readonly {
  readonly module: string
  readonly name: string
  readonly gives: string
}[] = [
  { module: 'right-edge.ts', name: 'checkRightEdge', gives: '[]' },
  { module: 'read-proofs.ts', name: 'proveEntry', gives: "''" },
]

/** Sources by marked address. Each fails to load when the shipped module has no export of that name any more. */
const replaced: ReadonlyMap<string, string> = new Map(
  omitted.map(({ module, name, gives }) => [
    `${server}log/${module}${MARK}`,
    [
      `import { ${name} as shipped } from './${module}'`,
      `export * from './${module}'`,
      `export const ${name} = async () => ${gives}`,
    ].join('\n'),
  ]),
)
const loaded = new Set<string>()

/**
 * The server as shipped over an open catalog, except that it signs and remembers no heads, computes no root a
 * second time from what is stored, and answers a registration without a proof.
 *
 * Its modules are loaded a second time for that, so that neither way of working is a branch in the other. What
 * it writes is what the shipped log writes, and that one goes on behind it: a signer takes up a head that is
 * newer than the one it remembers.
 */
export async function createAppWithoutReceipts(catalog: Catalog): Promise<Hono> {
  const hooks = registerHooks({ resolve: resolveMarked, load: loadReplaced })
  try {
    const { createApp } = (await import(`${server}app.ts${MARK}`)) as typeof App
    const { openLog } = (await import(`${server}log/open-log.ts${MARK}`)) as typeof OpenLog
    if (loaded.size < replaced.size) throw new Error('the server has what it should do without')
    const { context, database, logger } = catalog
    const { nowMs } = context
    const signer: OpenLog.LogOptions['signer'] = {
      // Its keys stay the log's, or the log would announce others.
      ...context.signer,
      sign: () => '',
      signStored: async () => '',
      check: async () => undefined,
      remember: async () => undefined,
    }
    const onFailure = (error: unknown): void => logger.error({ err: error }, 'a batch failed')
    const log = openLog({ database, projections, signer, nowMs, onFailure })
    return createApp({ ...catalog, context: { ...context, log, signer } }, ['127.0.0.1'])
  } finally {
    hooks.deregister()
  }
}

type Hooks = Required<Parameters<typeof registerHooks>[0]>

/** What a marked module of the server imports from the server is marked too, so that a whole second copy is loaded. */
const resolveMarked: Hooks['resolve'] = (specifier, context, nextResolve) => {
  const resolved = nextResolve(specifier, context)
  const { parentURL = '' } = context
  // A replaced module passes on what the shipped one exports.
  const isCopied = parentURL.endsWith(MARK) && !replaced.has(parentURL)
  const { url } = resolved
  return isCopied && url.startsWith(server) && !url.startsWith(store)
    ? { ...resolved, url: `${url}${MARK}` }
    : resolved
}

const loadReplaced: Hooks['load'] = (url, context, nextLoad) => {
  const source = replaced.get(url)
  if (source === undefined) return nextLoad(url, context)
  loaded.add(url)
  return { format: 'module', source, shortCircuit: true }
}
