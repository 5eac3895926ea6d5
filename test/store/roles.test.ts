import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { migrations } from '../../migrations/index.ts'
import { openCatalog } from '../../server/compose.ts'
import { migrateCatalog, replayCatalog } from '../../server/own-catalog.ts'
import type { Config } from '../../server/config.ts'
import { migrate } from '../../server/store/migrate.ts'
import { openPostgres } from '../../server/store/open-postgres.ts'
import { newConfig, openTestCatalog, START_MS, type TestCatalog } from '../harness/catalog.ts'
import { declareScene, type Scene } from '../register/scene.ts'

/** The tables of history, and what names one of their rows. */
const keys = {
  entry: 'namespace, log_index',
  document: 'namespace, log_index',
  tile: 'namespace, level, tile_index',
  tree_head: 'namespace, size',
  access_log: 'namespace, sequence',
} as const
const history = Object.entries(keys)
const silent = { logger: pino({ level: 'silent' }) }

/** A database whose tables one role owns, and another role for the server. */
interface Place {
  /** Connects as the server's role; knows the owner. */
  readonly config: Config
  readonly role: string
  readonly owner: string
  /** Runs a statement as a role. */
  as(url: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly urls: { readonly superuser: string; readonly owner: string; readonly server: string }
}

let placeCount = 0

async function openPlace(): Promise<Place> {
  const config = await newConfig('postgres')
  assert.ok(config.database.kind === 'postgres')
  const superuser = config.database.url
  const suffix = `${process.pid}_${(placeCount += 1)}`
  const [owner, role] = [`cairn_owner_${suffix}`, `cairn-server_${suffix}`]
  const as: Place['as'] = async (url, text) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
  await as(superuser, `create role "${owner}" login password 'owner'`)
  await as(superuser, `create role "${role}" login password 'server'`)
  await as(superuser, `grant create, usage on schema public to "${owner}"`)
  const urlOf = (name: string, password: string): string => {
    const url = new URL(superuser)
    url.username = name
    url.password = password
    return url.href
  }
  const urls = { superuser, owner: urlOf(owner, 'owner'), server: urlOf(role, 'server') }
  const database = { kind: 'postgres', url: urls.server, ownerUrl: urls.owner } as const
  return { config: { ...config, database }, role, owner, as, urls }
}

describe("a server on PostgreSQL whose role does not own the catalog's tables", () => {
  let place: Place
  let at: TestCatalog
  let scene: Scene
  before(async () => {
    place = await openPlace()
    assert.deepEqual(await migrateCatalog(place.config, place.role), [place.role])
    at = await openTestCatalog('postgres', place.config)
    scene = await declareScene(at, 'airline')
  })
  after(() => at.close())

  test('works from end to end', async () => {
    const { run } = await scene.open('fares')
    const first = await scene.save(run, 1)
    const second = await scene.save(run, 2, { base: first })
    assert.equal((await scene.evidence(second, 'verified')).status, 201)
    const other = await scene.save(run, 3)
    assert.equal((await scene.tombstone(other)).status, 201)
    const key = { 'idempotency-key': 'once' }
    const body = { job: 'fares', resume: 'latest' }
    assert.equal((await scene.post('/runs', body, key)).body.plan.checkpoint, second)
    assert.equal((await scene.post('/runs', body, key)).status, 201)
    await Promise.all(
      Array.from({ length: 300 }, (_, number) => scene.put(`/jobs/job-${number}`, {})),
    )
    assert.equal((await scene.latest('fares')).body.checkpoint.checkpoint, second)
    for (const [table] of history) {
      const rows = await place.as(place.urls.server, `select 1 as one from ${table} limit 1`)
      assert.equal(rows.length, 1, table)
    }
  })

  test('can neither change what is recorded, nor switch off what guards it', async () => {
    const statements = [
      ...history.flatMap(([table, key]) => [
        `update ${table} set namespace = namespace`,
        `delete from ${table}`,
        `truncate ${table}`,
        `truncate ${table} cascade`,
        `insert into ${table} (${key}) select ${key} from ${table} on conflict (${key}) do update set namespace = ''`,
        `alter table ${table} disable trigger all`,
        `alter table ${table} disable trigger ${table}_no_change`,
        `alter table ${table} owner to current_user`,
        `drop trigger ${table}_no_change on ${table}`,
        `create trigger other before insert on ${table} execute function refuse_change()`,
        `create rule other as on insert to ${table} do instead nothing`,
        `drop table ${table}`,
      ]),
      'alter table entry drop constraint entry_gapless',
      'set session_replication_role = replica',
      `create or replace function refuse_change() returns trigger language plpgsql as $$ begin return old; end $$`,
      'drop function refuse_change() cascade',
      'delete from schema_migration',
      `delete from checkpoint`,
      'drop schema public cascade',
      `set role "${place.owner}"`,
      `alter role current_user superuser`,
    ]
    // PostgreSQL only warns that a role has nothing to grant; what follows shows that it granted nothing.
    for (const [table] of history) {
      await place.as(place.urls.server, `grant all on ${table} to "${place.role}", public`)
    }
    for (const statement of statements) {
      await assert.rejects(place.as(place.urls.server, statement), { code: '42501' }, statement)
    }
  })

  test('a replay needs the owner, and finds nothing changed', async () => {
    const { ownerUrl: _, ...database } = place.config.database as { ownerUrl?: string }
    const asServer = { ...place.config, database } as Config
    await assert.rejects(
      replayCatalog(asServer, () => undefined),
      {
        code: 'CONFIG_INVALID',
        message: /CAIRN_DATABASE_OWNER_URL/,
      },
    )
    const tables = await replayCatalog(place.config, () => undefined)
    assert.ok(tables.some((table) => table.rowCount > 0))
    assert.deepEqual(
      tables.filter((table) => table.addedCount + table.removedCount > 0),
      [],
    )
    assert.equal((await scene.get('/jobs/fares')).status, 200)
  })
})

describe('the role of a server on PostgreSQL', () => {
  test('is refused while there are schema steps to take that it may not take', async () => {
    const place = await openPlace()
    const refusal = { code: 'CONFIG_INVALID', message: /cairn migrate --grant/ }
    await assert.rejects(openCatalog(place.config, silent), refusal)
    const owner = openPostgres(place.urls.owner)
    await migrate(owner, migrations.slice(0, 2), new Date(START_MS))
    await owner.close()
    await place.as(place.urls.owner, `grant select on schema_migration to "${place.role}"`)
    await assert.rejects(openCatalog(place.config, silent), refusal)
    await migrateCatalog(place.config, place.role)
    await (await openCatalog(place.config, silent)).close()
  })

  test('is refused with the tables that it may not use', async () => {
    const place = await openPlace()
    await migrateCatalog(place.config, place.role)
    await place.as(place.urls.owner, `revoke insert on tile, access_log from "${place.role}"`)
    await assert.rejects(openCatalog(place.config, silent), {
      code: 'CONFIG_INVALID',
      message: /may not use access_log, tile:/,
    })
    // A further migration gives back what servers need, without being told the role again.
    await migrateCatalog(place.config, undefined)
    await (await openCatalog(place.config, silent)).close()
  })

  test('loses what it was granted beyond what a server does', async () => {
    const place = await openPlace()
    await migrateCatalog(place.config, place.role)
    await place.as(place.urls.owner, `grant all on entry, document to "${place.role}", public`)
    await migrateCatalog(place.config, place.role)
    await assert.rejects(place.as(place.urls.server, 'truncate document'), { code: '42501' })
  })

  test('that owns the tables works, with a warning that names the command', async () => {
    const place = await openPlace()
    const lines: string[] = []
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        done()
      },
    })
    const open = async (url: string): Promise<void> => {
      const config = { ...place.config, database: { kind: 'postgres', url } } as const
      await (await openCatalog(config, { logger: pino({}, sink) })).close()
    }
    await open(place.urls.owner)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /could change what is recorded.*cairn migrate --grant/)
    await migrateCatalog(place.config, place.role)
    await open(place.urls.server)
    assert.equal(lines.length, 1)
    // Whoever owns the schema may drop what is in it.
    await place.as(place.urls.superuser, `alter schema public owner to "${place.role}"`)
    await open(place.urls.server)
    assert.equal(lines.length, 2)
    await assert.rejects(migrateCatalog(place.config, place.role), { code: 'CONFIG_INVALID' })
  })

  test('is not granted where that would bind nobody, or is not there', async () => {
    const place = await openPlace()
    for (const [role, message] of [
      [place.owner, /owns the tables/],
      ['postgres', /or is a superuser/],
      ['no such role', /create role "no such role" login/],
    ] as const) {
      await assert.rejects(migrateCatalog(place.config, role), { code: 'CONFIG_INVALID', message })
    }
    const sqlite = await newConfig('sqlite')
    await assert.rejects(migrateCatalog(sqlite, 'anybody'), {
      code: 'CONFIG_INVALID',
      message: /SQLite has no roles/,
    })
    await migrateCatalog(sqlite, undefined)
  })

  test("is not granted another's tables, and the sentence says what to do", async () => {
    const place = await openPlace()
    await migrateCatalog(place.config, undefined)
    await place.as(place.urls.superuser, `create role "${place.owner}_2" login password 'owner'`)
    await place.as(place.urls.owner, `grant select on schema_migration to "${place.owner}_2"`)
    const ownerUrl = place.urls.owner.replace(place.owner, `${place.owner}_2`)
    const database = { kind: 'postgres', url: place.urls.server, ownerUrl } as const
    await assert.rejects(migrateCatalog({ ...place.config, database }, place.role), {
      code: 'CONFIG_INVALID',
      message: /reassign owned by/,
    })
  })
})
