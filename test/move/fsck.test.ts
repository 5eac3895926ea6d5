import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Dialect } from '../../migrations/dialect.ts'
import { dialects } from '../harness/catalog.ts'
import { declareScene } from '../register/scene.ts'
import { openRaw, type RawDatabase } from '../store/raw.ts'
import { checkOf, fillScene, NAMESPACE, useFilled } from './moving.ts'

/** More than one tile. */
const ENTRY_COUNT = 270

type Row = Readonly<Record<string, unknown>>

/** What undoes a change. */
type Undo = (raw: RawDatabase) => Promise<unknown>

/** A change past every guard. */
type Change = (raw: RawDatabase, dialect: Dialect) => Promise<Undo>

const at = (index: number): string => `namespace = '${NAMESPACE}' and log_index = ${index}`

/** Rows that a filled scene has: its second entry names keys, the sixth registers a checkpoint. */
const changes: readonly (readonly [what: string, change: Change, ...codes: string[]])[] = [
  ['a changed entry', cell('entry', 'bytes', at(7)), 'entry-altered'],
  ['a changed leaf hash', cell('entry', 'leaf_hash', at(7)), 'entry-altered', 'tree-head-altered'],
  ['an entry that is gone', row('entry', at(8)), 'entry-missing'],
  ['a changed document', cell('document', 'bytes', firstOf('document')), 'document-altered'],
  ['a document that is gone', row('document', firstOf('document')), 'document-missing'],
  ['a document at another entry', moved('document', 3), 'document-stray', 'document-missing'],
  ['a changed tile', cell('tile', 'hashes', 'tile_index = 0'), 'tile-altered'],
  ["a tile's changed root", cell('tile', 'root', 'tile_index = 0'), 'tile-altered'],
  ['a tile that is gone', row('tile', 'tile_index = 0'), 'tile-missing'],
  [
    'a changed tree head',
    cell('tree_head', 'root', firstOf('tree_head', 'size')),
    'tree-head-altered',
  ],
  [
    "a tree head's changed time",
    number('tree_head', 'at_ms', firstOf('tree_head', 'size')),
    'tree-head-altered',
  ],
  ['the newest tree head gone', row('tree_head', lastOf('tree_head', 'size')), 'tree-head-missing'],
  [
    'a changed compact range',
    cell('log_head', 'compact_range', `namespace = '${NAMESPACE}'`),
    'log-head-altered',
  ],
  ['a changed size', number('log_head', 'size', `namespace = '${NAMESPACE}'`), 'log-head-altered'],
  ['a head row that is gone', row('log_head', `namespace = '${NAMESPACE}'`), 'log-head-altered'],
  [
    'a changed access record',
    cell('access_log', 'body', firstOf('access_log', 'sequence')),
    'access-log-altered',
  ],
  [
    'an access record that is gone',
    row('access_log', `namespace = '${NAMESPACE}' and sequence = 2`),
    'access-log-altered',
  ],
  [
    'the newest access record gone',
    row('access_log', lastOf('access_log', 'sequence')),
    'access-log-altered',
  ],
  [
    'a changed end of the access log',
    number('log_head', 'access_count', `namespace = '${NAMESPACE}'`),
    'access-log-altered',
  ],
  [
    'a changed projection',
    number('checkpoint', 'chain_length', firstOf('checkpoint')),
    'projection-differs',
  ],
  ['a row that is gone', row('evidence', firstOf('evidence')), 'projection-differs'],
]

function firstOf(table: string, key = 'log_index'): string {
  return `namespace = '${NAMESPACE}' and ${key} = (select min(${key}) from ${table} where namespace = '${NAMESPACE}')`
}

function lastOf(table: string, key: string): string {
  return firstOf(table, key).replace('min', 'max')
}

/** Flips the lowest bit in the middle of a cell of bytes. */
function cell(table: string, column: string, where: string): Change {
  return async (raw, dialect) => {
    const [found] = await raw.run(`select ${column} as value from ${table} where ${where}`)
    assert.ok(found?.['value'] instanceof Uint8Array)
    const before = Buffer.from(found['value'])
    const after = Buffer.from(before)
    const middle = after.length >> 1
    after.writeUInt8(after.readUInt8(middle) ^ 1, middle)
    const write = (value: Buffer, to: RawDatabase): Promise<unknown> =>
      to.run(`update ${table} set ${column} = ${literal(value, dialect)} where ${where}`)
    await write(after, raw)
    return (later) => write(before, later)
  }
}

function number(table: string, column: string, where: string): Change {
  return async (raw) => {
    await raw.run(`update ${table} set ${column} = ${column} + 1 where ${where}`)
    return (later) => later.run(`update ${table} set ${column} = ${column} - 1 where ${where}`)
  }
}

function row(table: string, where: string): Change {
  return async (raw, dialect) => {
    const [found] = await raw.run(`select * from ${table} where ${where}`)
    assert.ok(found)
    await raw.run(`delete from ${table} where ${where}`)
    return (later) => insert(later, dialect, { table, found })
  }
}

/** Moves the first row to another index. */
function moved(table: string, index: number): Change {
  return async (raw) => {
    const [found] = await raw.run(`select log_index as was from ${table} where ${firstOf(table)}`)
    await raw.run(`update ${table} set log_index = ${index} where ${at(Number(found?.['was']))}`)
    return (later) =>
      later.run(`update ${table} set log_index = ${Number(found?.['was'])} where ${at(index)}`)
  }
}

async function insert(
  raw: RawDatabase,
  dialect: Dialect,
  { table, found }: { readonly table: string; readonly found: Row },
): Promise<void> {
  // PostgreSQL makes these by itself.
  const { previous_index: _, previous_sequence: __, ...columns } = found
  const values = Object.values(columns).map((value) => literal(value, dialect))
  await raw.run(
    `insert into ${table} (${Object.keys(columns).join(', ')}) values (${values.join(', ')})`,
  )
}

function literal(value: unknown, dialect: Dialect): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  assert.ok(value instanceof Uint8Array)
  const hex = Buffer.from(value).toString('hex')
  return dialect === 'sqlite' ? `x'${hex}'` : `'\\x${hex}'::bytea`
}

const insertOnly = ['entry', 'document', 'tile', 'tree_head', 'access_log'] as const

/** Takes the guards away, which operators can and servers cannot; gives what puts them back. */
const liftGuards: Readonly<Record<Dialect, (raw: RawDatabase) => Promise<() => Promise<void>>>> = {
  sqlite: async (raw) => {
    const triggers = await raw.run(`select name, sql from sqlite_schema where type = 'trigger'`)
    for (const { name } of triggers) await raw.run(`drop trigger ${String(name)}`)
    return async () => {
      for (const { sql } of triggers) await raw.run(String(sql))
    }
  },
  postgres: async (raw) => {
    for (const table of insertOnly) await raw.run(`alter table ${table} disable trigger all`)
    await raw.run('alter table entry drop constraint if exists entry_leaf_hash')
    await raw.run('alter table access_log drop constraint if exists access_log_hash')
    return async () => undefined
  },
}

for (const dialect of dialects) {
  describe(`checking a catalog on ${dialect}`, () => {
    const scene = useFilled(dialect, ENTRY_COUNT)

    const tamper = async (work: (raw: RawDatabase) => Promise<unknown>): Promise<void> => {
      const raw = await openRaw(scene().at.config)
      try {
        const guardsOn = await liftGuards[dialect](raw)
        await work(raw)
        await guardsOn()
      } finally {
        await raw.close()
      }
    }
    const codes = async (): Promise<readonly string[]> => {
      const { findings, ok, findingCount } = await checkOf(scene().at.config)
      assert.equal(ok, findingCount === 0)
      assert.equal(findings.length, findingCount)
      assert.ok(findings.every(({ where, message }) => where !== '' && message.endsWith('.')))
      return [...new Set(findings.map((one) => one.code))].toSorted()
    }

    test('finds nothing in a sound one, also while it is written to', async () => {
      const { run } = await scene().open('busy')
      let isDone = false
      const writing = (async () => {
        for (let step = 1; !isDone; step += 1) await scene().save(run, step)
      })()
      try {
        for (let round = 0; round < 3; round += 1) {
          const verdict = await checkOf(scene().at.config)
          assert.deepEqual(verdict.findings, [])
          assert.equal(verdict.ok, true)
          assert.ok(verdict.entryCount >= ENTRY_COUNT)
        }
      } finally {
        isDone = true
        await writing
      }
    })

    test('looks at one namespace only, where one is named', async () => {
      await declareScene(scene().at, 'other')
      const verdict = await checkOf(scene().at.config, NAMESPACE)
      assert.deepEqual(verdict.namespaces, [NAMESPACE])
      assert.deepEqual((await checkOf(scene().at.config)).namespaces, [NAMESPACE, 'other'])
      await assert.rejects(checkOf(scene().at.config, 'nowhere'), { code: 'NAMESPACE_NOT_FOUND' })
    })

    for (const [what, change, ...expected] of changes) {
      test(`finds ${what}, and nothing once that is put back`, async () => {
        assert.deepEqual(await codes(), [])
        let undo: Undo | undefined
        await tamper(async (raw) => {
          undo = await change(raw, dialect)
        })
        const found = await codes()
        for (const code of expected) assert.ok(found.includes(code), `${code} in ${found.join()}`)
        await tamper(async (raw) => undo?.(raw))
        assert.deepEqual(await codes(), [])
      })
    }

    if (dialect === 'sqlite') {
      test('finds a step and a statistic that no migration made', async () => {
        const rename = (from: string, to: string) =>
          `update schema_migration set name = replace(name, '${from}', '${to}')`
        const lengthen = "update sqlite_stat1 set stat = '1' || stat where idx = 'run'"
        const shorten = "update sqlite_stat1 set stat = substr(stat, 2) where idx = 'run'"
        const changed = [
          {
            change: rename('0002', '0009'),
            undo: rename('0009', '0002'),
            where: 'step 0002-registry',
          },
          { change: lengthen, undo: shorten, where: 'statistics of run.run' },
        ]
        for (const { change, undo, where } of changed) {
          await tamper((raw) => raw.run(change))
          const { findings } = await checkOf(scene().at.config)
          assert.deepEqual(
            findings.map((one) => `${one.code} ${one.where}`),
            [`schema-differs ${where}`],
          )
          await tamper((raw) => raw.run(undo))
        }
        assert.deepEqual(await codes(), [])
      })
    }

    test('finds every tree head that is gone where the time of entries changes', async () => {
      const later = await declareScene(scene().at, 'later')
      for (const job of ['one', 'two', 'three']) {
        scene().at.advance(1000)
        await later.put(`/jobs/${job}`, {})
      }
      const size = await later.size()
      const removed: Row[] = []
      await tamper(async (raw) => {
        const where = `where namespace = 'later' and size < ${size}`
        removed.push(...(await raw.run(`select * from tree_head ${where}`)))
        await raw.run(`delete from tree_head ${where}`)
      })
      const { findings } = await checkOf(scene().at.config, 'later')
      assert.ok(removed.length >= 3)
      assert.deepEqual(
        findings.map(({ code, where }) => `${code} ${where}`),
        removed.map((head) => `tree-head-missing tree head ${String(head['size'])}`).toSorted(),
      )
      await tamper(async (raw) => {
        // In their order: a tree head only grows, and the newest goes behind those that come back.
        for (const found of removed) await insert(raw, dialect, { table: 'tree_head', found })
      })
      assert.deepEqual((await checkOf(scene().at.config, 'later')).findings, [])
    })

    test('lists what is wrong in several namespaces', async () => {
      const other = await declareScene(scene().at, 'third')
      await fillScene(other, 12)
      await tamper(async (raw) => {
        await raw.run(`update checkpoint set chain_length = 7 where namespace = '${NAMESPACE}'`)
        await raw.run(`update log_head set size = size + 1 where namespace = 'third'`)
      })
      const { findings, ok } = await checkOf(scene().at.config)
      assert.equal(ok, false)
      const found = new Set(findings.map((one) => `${one.code} ${one.namespace ?? ''}`))
      assert.deepEqual(found, new Set(['projection-differs ', 'log-head-altered third']))
      const only = await checkOf(scene().at.config, 'third')
      assert.deepEqual(
        only.findings.map((one) => one.code),
        ['log-head-altered'],
      )
    })
  })
}
