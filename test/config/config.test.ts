import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isCatalogError } from '../../schema/errors.ts'
import { openLocalKey } from '../../server/auth/local-key.ts'
import { openCatalog } from '../../server/compose.ts'
import { DEFAULT_PORT, isLoopback, parseConfig, type Config } from '../../server/config.ts'

type Env = Readonly<Record<string, string | undefined>>

const embedded: Config['database'] = { kind: 'sqlite', file: '.cairn/catalog.sqlite' }
const url = 'postgres://user:secret@db.example:5432/cairn'

/** What each set of variables means. */
const accepted: readonly (readonly [string, Env, Partial<Config>])[] = [
  [
    'nothing: an embedded database for this machine alone',
    {},
    {
      dataDirectory: '.cairn',
      database: embedded,
      host: '127.0.0.1',
      port: DEFAULT_PORT,
      authFile: undefined,
    },
  ],
  [
    'a data folder: the embedded database is in it',
    { CAIRN_DATA_DIR: '/var/lib/cairn' },
    {
      dataDirectory: '/var/lib/cairn',
      database: { kind: 'sqlite', file: '/var/lib/cairn/catalog.sqlite' },
    },
  ],
  ['PostgreSQL by URL', { CAIRN_DATABASE_URL: url }, { database: { kind: 'postgres', url } }],
  [
    'PostgreSQL by its other scheme',
    { CAIRN_DATABASE_URL: 'postgresql://db/cairn' },
    { database: { kind: 'postgres', url: 'postgresql://db/cairn' } },
  ],
  [
    'PostgreSQL and the URL of its owner',
    { CAIRN_DATABASE_URL: url, CAIRN_DATABASE_OWNER_URL: 'postgres://owner@db.example/cairn' },
    { database: { kind: 'postgres', url, ownerUrl: 'postgres://owner@db.example/cairn' } },
  ],
  [
    'an empty URL of the owner: none',
    { CAIRN_DATABASE_URL: url, CAIRN_DATABASE_OWNER_URL: '' },
    { database: { kind: 'postgres', url } },
  ],
  [
    'a file of SQLite',
    { CAIRN_DATABASE_URL: 'sqlite:/data/c.sqlite' },
    { database: { kind: 'sqlite', file: '/data/c.sqlite' } },
  ],
  [
    'a policy of witnesses, and a folder to publish to',
    { CAIRN_LOG_POLICY: '/etc/cairn/policy', CAIRN_PUBLISH_FOLDER: '/srv/logs' },
    { logPolicyFile: '/etc/cairn/policy', publishFolder: '/srv/logs' },
  ],
  ['a file of buckets', { CAIRN_BUCKETS_FILE: '/etc/b.json' }, { bucketsFile: '/etc/b.json' }],
  ['an empty file of buckets: none', { CAIRN_BUCKETS_FILE: '' }, { bucketsFile: undefined }],
  [
    'empty names of both: neither',
    { CAIRN_LOG_POLICY: '', CAIRN_PUBLISH_FOLDER: '' },
    { logPolicyFile: undefined, publishFolder: undefined },
  ],
  [
    'no place for the keys and the memory of the signer: the data folder',
    { CAIRN_DATA_DIR: '/data', CAIRN_SIGNER_MEMORY: '', CAIRN_LOG_KEYS_FILE: '' },
    {
      logKeys: { file: '/data/log-keys.json', origin: undefined },
      signerMemory: { kind: 'sqlite', file: '/data/signer-memory.sqlite' },
    },
  ],
  [
    'keys, an origin and a memory of their own',
    {
      CAIRN_LOG_KEYS_FILE: '/etc/cairn/keys.json',
      CAIRN_LOG_ORIGIN: 'catalog.example',
      CAIRN_SIGNER_MEMORY: '/mnt/other/memory.sqlite',
    },
    {
      logKeys: { file: '/etc/cairn/keys.json', origin: 'catalog.example' },
      signerMemory: { kind: 'sqlite', file: '/mnt/other/memory.sqlite' },
    },
  ],
  [
    'a memory in another PostgreSQL database',
    { CAIRN_DATABASE_URL: url, CAIRN_SIGNER_MEMORY: 'postgres://db.example/memory' },
    { signerMemory: { kind: 'postgres', url: 'postgres://db.example/memory' } },
  ],
  ['a rate of verification', { CAIRN_VERIFY_BYTES_PER_SECOND: '0' }, { verifyBytesPerSecond: 0 }],
  ['an empty URL: none', { CAIRN_DATABASE_URL: '' }, { database: embedded }],
  ['port 0: a free one', { CAIRN_PORT: '0' }, { port: 0 }],
  ['the last port', { CAIRN_PORT: '65535' }, { port: 65_535 }],
  ['an empty port: the usual one', { CAIRN_PORT: '' }, { port: DEFAULT_PORT }],
  ['another name of this machine', { CAIRN_HOST: 'localhost' }, { host: 'localhost' }],
  ['IPv6', { CAIRN_HOST: '::1' }, { host: '::1' }],
  [
    'every address, with issuers',
    { CAIRN_HOST: '0.0.0.0', CAIRN_AUTH_FILE: '/etc/cairn/auth.json' },
    { host: '0.0.0.0', authFile: '/etc/cairn/auth.json' },
  ],
]

/** Sets that contradict themselves or say nothing, and the variables that the refusal has to name. */
const refusedSets: readonly (readonly [string, Env, readonly string[]])[] = [
  [
    'an address that others reach, without issuers',
    { CAIRN_HOST: '0.0.0.0' },
    ['CAIRN_HOST', 'CAIRN_AUTH_FILE'],
  ],
  [
    'a name that others reach, without issuers',
    { CAIRN_HOST: 'cairn.example' },
    ['CAIRN_HOST', 'CAIRN_AUTH_FILE'],
  ],
  [
    'a rate of verification that is none',
    { CAIRN_VERIFY_BYTES_PER_SECOND: '12 MiB' },
    ['CAIRN_VERIFY_BYTES_PER_SECOND'],
  ],
  ['a database that is none', { CAIRN_DATABASE_URL: 'mysql://db' }, ['CAIRN_DATABASE_URL']],
  ['a database without a scheme', { CAIRN_DATABASE_URL: '/data/c' }, ['CAIRN_DATABASE_URL']],
  [
    'the owner of a database that has none',
    { CAIRN_DATABASE_OWNER_URL: url },
    ['CAIRN_DATABASE_OWNER_URL', 'CAIRN_DATABASE_URL'],
  ],
  [
    'an owner by another scheme',
    { CAIRN_DATABASE_URL: url, CAIRN_DATABASE_OWNER_URL: 'mysql://db' },
    ['CAIRN_DATABASE_OWNER_URL'],
  ],
  [
    'a memory in the database that it watches',
    { CAIRN_DATABASE_URL: url, CAIRN_SIGNER_MEMORY: 'postgresql://other@db.example/cairn' },
    ['CAIRN_SIGNER_MEMORY', 'CAIRN_DATABASE_URL'],
  ],
  [
    'a memory in the embedded database',
    { CAIRN_SIGNER_MEMORY: '.cairn/catalog.sqlite' },
    ['CAIRN_SIGNER_MEMORY', 'CAIRN_DATABASE_URL'],
  ],
  [
    'a memory in the embedded database, written another way',
    { CAIRN_SIGNER_MEMORY: './.cairn/../.cairn/./catalog.sqlite' },
    ['CAIRN_SIGNER_MEMORY', 'CAIRN_DATABASE_URL'],
  ],
  ['a memory that is none', { CAIRN_SIGNER_MEMORY: 'mysql://db' }, ['CAIRN_SIGNER_MEMORY']],
  ...['-1', '65536', '1.5', 'http', '0x50', '8080 ', ' ', '1e3'].map(
    (port) => [`port "${port}"`, { CAIRN_PORT: port }, ['CAIRN_PORT']] as const,
  ),
]

describe('configuration', () => {
  for (const [name, env, expected] of accepted) {
    test(`reads ${name}`, () => {
      const config: Readonly<Record<string, unknown>> = { ...parseConfig(env) }
      for (const [member, value] of Object.entries(expected)) {
        assert.deepEqual(config[member], value, member)
      }
    })
  }

  for (const [name, env, variables] of refusedSets) {
    test(`refuses ${name}, and names what to change`, () => {
      assert.throws(
        () => parseConfig(env),
        (error) => {
          assert.ok(isCatalogError(error))
          assert.equal(error.code, 'CONFIG_INVALID')
          for (const variable of variables) assert.match(error.message, new RegExp(variable))
          assert.match(error.message, /\.$/)
          return true
        },
      )
    })
  }

  test('a refused database URL is not repeated: it may hold a password', () => {
    const secret = 'mysql://root:hunter2@db'
    assert.throws(
      () => parseConfig({ CAIRN_DATABASE_URL: secret }),
      (error) => error instanceof Error && !error.message.includes('hunter2'),
    )
  })

  test('hosts that may be named are those of this machine and those listed, without blanks', () => {
    const { allowedHosts } = parseConfig({ CAIRN_ALLOWED_HOSTS: ' cairn.example , ,other.example' })
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'cairn.example', 'other.example']) {
      assert.ok(allowedHosts.includes(host), host)
    }
    assert.ok(!allowedHosts.includes(''))
    const bound = parseConfig({ CAIRN_HOST: 'cairn.example', CAIRN_AUTH_FILE: 'auth.json' })
    assert.deepEqual(bound.allowedHosts, ['cairn.example'])
  })

  test('only the names of this machine are loopback', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1']) assert.ok(isLoopback(host))
    for (const host of ['0.0.0.0', '::', 'localhost.evil.example', '127.0.0.1.nip.io', '']) {
      assert.ok(!isLoopback(host), host)
    }
  })

  test('the reading is pure: the same variables mean the same, and are not changed', () => {
    const env = Object.freeze({ CAIRN_PORT: '1234' })
    assert.deepEqual(parseConfig(env), parseConfig(env))
  })
})

describe('the local key', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'cairn-key-'))
  const request = {
    subject: 'me',
    grants: [{ verbs: ['read'], on: '*/*' }],
    issuedAtMs: Date.now(),
    lifetimeSeconds: 60,
  } as const

  test('is made once, for its owner alone, and read again', async () => {
    const directory = folder()
    const token = await (await openLocalKey(directory)).sign(request)
    const file = join(directory, 'local-key.json')
    assert.equal(statSync(file).mode & 0o077, 0)
    const text = readFileSync(file, 'utf8')
    const { principal } = await (await openLocalKey(directory)).verify(token)
    assert.deepEqual(principal, { id: 'me', grants: request.grants })
    assert.equal(readFileSync(file, 'utf8'), text)
  })

  test('servers that make it at once believe in one and the same', async () => {
    const directory = folder()
    const keys = await Promise.all([1, 2, 3, 4].map(() => openLocalKey(directory)))
    for (const signer of keys) {
      const token = await signer.sign(request)
      for (const reader of keys) assert.equal((await reader.verify(token)).principal.id, 'me')
    }
  })

  test('a file that is no key refuses to start and says which file', async () => {
    for (const content of ['', 'no key', '{}', '{"kty":"RSA"}', '[]']) {
      const directory = folder()
      writeFileSync(join(directory, 'local-key.json'), content)
      await assert.rejects(
        openCatalog(parseConfig({ CAIRN_DATA_DIR: directory })),
        { code: 'CONFIG_INVALID', message: /local-key\.json/ },
        `content ${content}`,
      )
    }
  })

  test('a file of issuers that cannot be understood refuses to start and says which', async () => {
    const directory = folder()
    const file = join(directory, 'auth.json')
    const issuer = {
      issuer: 'https://issuer.example',
      audience: 'cairn',
      algorithms: ['ES256'],
      jwksUrl: 'https://issuer.example/keys',
      maxAgeSeconds: 3600,
    }
    const contents = [
      '{',
      '{}',
      JSON.stringify({ issuers: [], grants: [] }),
      JSON.stringify({ issuers: [{ ...issuer, algorithms: ['none'] }], grants: [] }),
      JSON.stringify({ issuers: [{ ...issuer, algorithms: ['HS256'] }], grants: [] }),
      JSON.stringify({ issuers: [{ ...issuer, jwksUrl: 'http://issuer.example' }], grants: [] }),
      JSON.stringify({ issuers: [{ ...issuer, jwksFile: 'x' }], grants: [] }),
      JSON.stringify({ issuers: [{ ...issuer, jwksUrl: undefined }], grants: [] }),
      JSON.stringify({
        issuers: [issuer],
        grants: [{ issuer: issuer.issuer, claims: { a: 'b' }, verbs: ['read'], on: 'everything' }],
      }),
      JSON.stringify({
        issuers: [issuer],
        grants: [{ issuer: issuer.issuer, claims: {}, verbs: ['read'], on: '*/*' }],
      }),
    ]
    for (const content of contents) {
      writeFileSync(file, content)
      const config = parseConfig({ CAIRN_DATA_DIR: directory, CAIRN_AUTH_FILE: file })
      await assert.rejects(openCatalog(config), { code: 'CONFIG_INVALID', message: /auth\.json/ })
    }
    const missing = parseConfig({ CAIRN_DATA_DIR: directory, CAIRN_AUTH_FILE: `${file}.no` })
    await assert.rejects(openCatalog(missing), { code: 'CONFIG_INVALID' })
  })
})
