/** A group of files that may import the same things. */
export interface Layer {
  readonly name: string
  readonly paths: RegExp
  /** Layers it may import as they run. */
  readonly runs?: readonly string[]
  /** Layers of which it may import types, beside those above. */
  readonly types?: readonly string[]
  /** Layers that it may load by a dynamic import only. */
  readonly loads?: readonly string[]
  readonly packages?: readonly string[]
  /** Which modules of Node it may import; none if left out. */
  readonly node?: RegExp
}

const anyNode = /^node:/
/** What decides or replays has no effects, but may assert. */
const assertOnly = /^node:assert\/strict$/

const store = ['store', 'store-read']
const log = ['log', 'log-read']

const mainRuns = [
  'operation',
  'compose',
  'app',
  'witness',
  'publish-logs',
  'follow-blobs',
  'follow-leases',
  'maintain',
  'own-catalog',
]

/**
 * The arrows of the house. The first layer whose `paths` match is a file's layer.
 *
 * `store-read` and `log-read` are the parts of `store` and `log` that cannot write: others may call them,
 * and know the rest by its types.
 */
export const layers: readonly Layer[] = [
  { name: 'schema', paths: /^schema\//, runs: ['schema'], packages: ['typebox'] },
  {
    name: 'migrations',
    paths: /^migrations\//,
    runs: ['schema', 'migrations'],
    packages: ['kysely'],
  },
  {
    name: 'store-read',
    paths: /^server\/store\/(?:statement|lookup|matches-pattern)\.ts$/,
    runs: ['schema', 'store-read'],
    types: ['store'],
    packages: ['kysely'],
  },
  {
    name: 'store-write',
    paths: /^server\/store\/write-[^/]+\.ts$/,
    runs: ['schema', ...store, 'store-write'],
    packages: ['kysely', 'better-sqlite3', 'pg'],
    node: anyNode,
  },
  {
    name: 'store',
    paths: /^server\/store\//,
    runs: ['schema', 'migrations', ...store, 'store-write'],
    types: ['config'],
    packages: [
      'kysely',
      'better-sqlite3',
      'pg',
      '@aws-sdk/client-s3',
      '@aws-sdk/s3-request-presigner',
    ],
    node: anyNode,
  },
  {
    name: 'log-read',
    paths: /^server\/log\/(?:read-entries|read-access-log|read-tiles|read-proofs|command)\.ts$/,
    runs: ['schema', 'store-read', ...log],
    types: ['signing', 'cosign', 'store'],
    packages: ['kysely'],
    node: anyNode,
  },
  // A database of its own, beside the catalog's.
  {
    name: 'signing-memory',
    paths: /^server\/signing\/signer-memory\.ts$/,
    runs: ['schema', ...store],
    types: ['config', 'signing', ...log],
    packages: ['better-sqlite3', 'pg'],
    node: anyNode,
  },
  {
    name: 'signing',
    paths: /^server\/signing\//,
    runs: ['signing', 'schema', 'store-read', ...log],
    types: ['signing-memory', ...store],
    node: anyNode,
  },
  {
    name: 'cosign',
    paths: /^server\/cosign\//,
    runs: ['schema', 'store-read', ...log, 'cosign'],
    types: ['signing', ...store],
    node: anyNode,
  },
  {
    name: 'move',
    paths: /^server\/move\//,
    runs: ['schema', ...store, 'store-write', ...log, 'inspect', 'move'],
    types: ['signing'],
    packages: ['kysely'],
    node: anyNode,
  },
  {
    name: 'inspect',
    paths: /^server\/inspect\//,
    runs: ['schema', ...store, ...log, 'inspect', 'move'],
    types: ['signing'],
    packages: ['kysely'],
    node: anyNode,
  },
  {
    name: 'log',
    paths: /^server\/log\//,
    runs: ['schema', ...store, 'store-write', ...log],
    types: ['signing'],
    packages: ['kysely'],
    node: anyNode,
  },
  {
    name: 'timeline',
    paths: /^server\/timeline\//,
    runs: ['schema', 'store-read', 'log-read', 'timeline'],
    types: ['store', 'log', 'context'],
    packages: ['kysely', 'ajv'],
    node: assertOnly,
  },
  {
    name: 'http',
    paths: /^server\/http\//,
    runs: ['schema', 'http'],
    types: ['context', 'config'],
    packages: ['hono', '@hono/node-server', 'jose', 'ajv', 'typebox', 'pino'],
    node: anyNode,
  },
  {
    name: 'context',
    paths: /^server\/context\.ts$/,
    types: ['signing', 'cosign', 'schema', ...store, ...log, 'timeline', 'config', 'http'],
    packages: ['kysely', 'pino'],
  },
  { name: 'config', paths: /^server\/config\.ts$/, runs: ['schema'], node: anyNode },
  {
    name: 'buckets-file',
    paths: /^server\/read-buckets-file\.ts$/,
    runs: ['schema', 'http'],
    types: ['config'],
    packages: ['typebox'],
    node: anyNode,
  },
  {
    name: 'auth',
    paths: /^server\/auth\//,
    runs: ['schema', 'http', 'auth'],
    types: ['config'],
    packages: ['jose', 'typebox'],
    node: anyNode,
  },
  {
    name: 'publish',
    paths: /^server\/publish\//,
    runs: ['schema', 'store-read', 'log-read', 'timeline', 'publish'],
    types: ['signing', 'cosign', ...store, ...log],
    packages: ['better-sqlite3', 'kysely'],
    node: anyNode,
  },
  // A program of its own: it shares nothing with a catalog but the formats and the way to listen.
  {
    name: 'witness',
    paths: /^server\/witness\//,
    runs: ['schema', 'http', 'witness'],
    packages: ['hono', 'better-sqlite3'],
    node: anyNode,
  },
  {
    name: 'app',
    paths: /^server\/app\.ts$/,
    runs: ['schema', 'http', 'routes'],
    types: ['context', 'config', 'compose'],
    packages: ['hono'],
    node: anyNode,
  },
  {
    name: 'compose',
    paths: /^server\/compose\.ts$/,
    runs: [
      'signing',
      'signing-memory',
      'cosign',
      'schema',
      'migrations',
      'config',
      'buckets-file',
      'auth',
      ...store,
      'store-write',
      ...log,
      'projection',
    ],
    types: ['context', 'http'],
    packages: ['jose', 'pino'],
    node: anyNode,
  },
  {
    name: 'maintain',
    paths: /^server\/maintain\.ts$/,
    runs: ['inspect', 'move', 'schema', 'config', ...store, ...log, 'compose'],
  },
  {
    name: 'own-catalog',
    paths: /^server\/own-catalog\.ts$/,
    runs: ['schema', 'config', ...store, ...log, 'compose'],
  },
  {
    name: 'publish-logs',
    paths: /^server\/publish-logs\.ts$/,
    runs: ['schema', 'config', 'compose', 'publish'],
    types: log,
  },
  {
    name: 'follow-blobs',
    paths: /^server\/follow-blobs\.ts$/,
    runs: ['schema', 'operation'],
    types: ['compose'],
    node: anyNode,
  },
  {
    name: 'follow-leases',
    paths: /^server\/follow-leases\.ts$/,
    runs: ['operation'],
    types: ['compose'],
  },
  {
    name: 'main',
    paths: /^server\/main\.ts$/,
    runs: ['signing', 'schema', 'config', 'auth', 'http', ...store, ...log, ...mainRuns],
    types: ['context'],
    packages: ['hono', 'pino'],
    node: anyNode,
  },
  {
    name: 'rules',
    paths: /^server\/[^/]+\/rules\.ts$/,
    runs: ['schema', 'rules'],
    types: ['context', ...store, ...log, 'timeline'],
    node: assertOnly,
  },
  {
    name: 'projection',
    paths: /^server\/[^/]+\/projection\.ts$/,
    runs: ['schema', 'rules'],
    types: [...store, ...log, 'timeline'],
    node: assertOnly,
  },
  {
    name: 'routes',
    paths: /^server\/[^/]+\/routes\.ts$/,
    runs: ['schema', 'http', 'operation', 'rules'],
    types: ['context', 'timeline'],
    packages: ['hono'],
    node: anyNode,
  },
  {
    name: 'operation',
    paths: /^server\/[^/]+\/[^/]+\.ts$/,
    runs: ['schema', 'rules', 'operation', 'timeline', 'store-read', 'log-read'],
    types: ['context', 'store', 'log', 'projection'],
    packages: ['kysely'],
    node: anyNode,
  },
  // The demonstration's own hands on a store: what it does to it, no command may.
  {
    name: 'demo-s3',
    paths: /^client-sdk\/cli\/demo\/s3\//,
    runs: ['schema', 'client', 'client-node', 'cli', 'demo-s3'],
    packages: ['@aws-sdk/client-s3'],
    node: anyNode,
  },
  {
    name: 'cli',
    paths: /^client-sdk\/cli\//,
    runs: ['schema', 'client', 'client-node', 'cli'],
    types: ['demo-s3'],
    loads: ['main', 'demo-s3'],
    packages: ['commander', 'yaml'],
    node: anyNode,
  },
  {
    name: 'client-node',
    paths: /^client-sdk\/(?:(?:node|s3)\.ts$|(?:spool|stores|staging|capture|restore)\/)/,
    runs: ['schema', 'client', 'client-node'],
    packages: ['@aws-sdk/client-s3', '@aws-sdk/checksums'],
    node: anyNode,
  },
  // What of this layer reaches Node is a rule of its own, which looks at the whole way.
  { name: 'client', paths: /^client-sdk\//, runs: ['schema', 'client', 'client-node'] },
]

/** Tests see everything. */
export const isTest = (path: string): boolean => path.startsWith('test/')

/** The layer of a file; undefined for a file that has no place in the house. */
export function layerOf(path: string): Layer | undefined {
  return layers.find((layer) => layer.paths.test(path))
}

const shared = 'store log timeline http auth signing cosign witness publish inspect move'
const sharedServerFolders = shared.split(' ')

/** The capability that a file belongs to: every folder of `server/` that is not one of the shared ones. */
export function capabilityOf(path: string): string | undefined {
  const folder = /^server\/([^/]+)\//.exec(path)?.[1]
  return folder === undefined || sharedServerFolders.includes(folder) ? undefined : folder
}
