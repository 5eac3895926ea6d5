import { oneFile, type BadSample } from './bad-sample.ts'

const arrows = 'imports follow the arrows between layers'
const specifiers = 'specifiers are written out'
const order = 'imports stand in order'
const door = 'only the log holds the write handle'
const reach = 'the SDK reaches no TypeBox, and its core neither Node nor a package'
const cycle = 'imports make no cycle'

/** Imports that a rule must refuse. */
export const badImports: readonly BadSample[] = [
  oneFile(arrows, 'a schema that reads files', 'schema/run.ts', "import fs from 'node:fs'"),
  oneFile(arrows, 'a schema that knows the server', 'schema/run.ts', "import '../server/app.ts'"),
  oneFile(arrows, 'a schema with another package', 'schema/run.ts', "import { z } from 'zod'"),
  oneFile(
    arrows,
    'a store that knows the log',
    'server/store/tables.ts',
    "import type { Log } from '../log/open-log.ts'",
  ),
  oneFile(
    arrows,
    'a log that knows a capability',
    'server/log/open-log.ts',
    "export * from '../register/projection.ts'",
  ),
  oneFile(
    arrows,
    'HTTP that knows a capability',
    'server/http/mount.ts',
    "import { openRun } from '../register/open-run.ts'",
  ),
  oneFile(
    arrows,
    'an operation that runs the store',
    'server/verify/list-evidence.ts',
    "import { openSqlite } from '../store/open-sqlite.ts'",
  ),
  oneFile(
    arrows,
    'an operation that knows HTTP',
    'server/verify/list-evidence.ts',
    "import { mount } from '../http/mount.ts'",
  ),
  oneFile(
    arrows,
    'rules that run what is not pure',
    'server/verify/rules.ts',
    "import { walkLine } from '../timeline/read-line.ts'",
  ),
  oneFile(
    arrows,
    'a projection that asks the timeline',
    'server/verify/projection.ts',
    "import { walkLine } from '../timeline/read-line.ts'",
  ),
  oneFile(
    arrows,
    'a route that reads the log',
    'server/audit/routes.ts',
    "import { readEntries } from '../log/read-entries.ts'",
  ),
  oneFile(
    arrows,
    'composing with an operation',
    'server/compose.ts',
    "import { openRun } from './register/open-run.ts'",
  ),
  oneFile(
    arrows,
    'an SDK that knows the server',
    'client-sdk/run.ts',
    "import '../server/config.ts'",
  ),
  oneFile(
    arrows,
    'a command that loads the server at once',
    'client-sdk/cli/serve.ts',
    "import { serve } from '../../server/main.ts'",
  ),
  oneFile(
    arrows,
    'a computed import',
    'client-sdk/cli/serve.ts',
    'const load = (name: string) => import(name)',
  ),
  oneFile(
    arrows,
    'an import behind a comment and a template',
    'server/verify/rules.ts',
    "const a = `${'`'} // ${1}` // import 'no'\nimport /* why */ 'node:fs'",
  ),
  oneFile(
    'a capability never imports another',
    'a type of a neighbour',
    'server/recover/plan-recovery.ts',
    "import type { Registration } from '../register/rules.ts'",
  ),
  oneFile(specifiers, 'a module of Node by its bare name', 'test/a.test.ts', "import fs from 'fs'"),
  oneFile(
    specifiers,
    'a path without its extension',
    'schema/run.ts',
    "import { a } from './names'",
  ),
  oneFile(
    order,
    'Node after a package',
    'test/a.test.ts',
    "import pg from 'pg'\nimport { join } from 'node:path'",
  ),
  oneFile(
    order,
    'a package after ours',
    'server/app.ts',
    "import { mount } from './http/mount.ts'\nimport { Hono } from 'hono'",
  ),
  oneFile(
    door,
    'an operation with the write handle',
    'server/register/open-run.ts',
    "import type { Reader, Database } from '../store/database.ts'",
  ),
  oneFile(
    arrows,
    'a capability with a writing module',
    'server/register/open-run.ts',
    "import { sqliteTransaction } from '../store/write-sqlite.ts'",
  ),
  oneFile(
    'raw sql stays where the database is',
    'raw sql in a capability',
    'server/lineage/trace-lineage.ts',
    "import { sql as raw, type Kysely } from 'kysely'",
  ),
  oneFile(
    reach,
    'Node in the core',
    'client-sdk/retry.ts',
    "import { setTimeout } from 'node:timers'",
  ),
  {
    rule: reach,
    holds: 'Node two steps from the core',
    found: 'client-sdk/client.ts',
    files: {
      'client-sdk/client.ts': "import { a } from './spool/lease.ts'",
      'client-sdk/spool/lease.ts': "export { a } from './layout.ts'",
      'client-sdk/spool/layout.ts': "import { join } from 'node:path'\nexport const a = join('b')",
    },
  },
  {
    rule: reach,
    holds: 'a type of a TypeBox schema in the command',
    found: 'client-sdk/cli/latest.ts',
    files: {
      'client-sdk/cli/latest.ts': "import type { Run } from '../../schema/run.ts'",
      'schema/run.ts': "import { Type } from 'typebox'",
    },
  },
  {
    rule: cycle,
    holds: 'two files that import each other',
    found: 'schema/a.ts',
    files: { 'schema/a.ts': "import './b.ts'", 'schema/b.ts': "import './a.ts'" },
  },
  {
    rule: cycle,
    holds: 'a cycle of types',
    found: 'schema/b.ts',
    files: {
      'schema/a.ts': "import type { B } from './b.ts'",
      'schema/b.ts': "export type { C } from './c.ts'",
      'schema/c.ts': "import type { B } from './b.ts'",
    },
  },
]
