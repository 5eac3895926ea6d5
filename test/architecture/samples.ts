import { oneFile, type BadSample } from './bad-sample.ts'
import { badImports } from './import-samples.ts'

const environment = 'the environment is read in one place'
const clock = 'the clock comes from the context'
const randomness = 'randomness comes from the context'
const assertions = 'schema and SDK assert types only where input is parsed'
const names = 'files are named for what they hold'
const roles = 'a capability holds four roles'
const plain = 'exports are plain names'

const badCode: readonly BadSample[] = [
  oneFile(
    environment,
    'a configuration that reads it',
    'server/config.ts',
    'const a = process.env.A',
  ),
  oneFile(environment, 'a way around', 'client-sdk/client.ts', "const a = process['env']"),
  oneFile(
    environment,
    'the variable of the module',
    'server/store/open-sqlite.ts',
    "import { env } from 'node:process'",
  ),
  oneFile(clock, 'milliseconds', 'server/log/open-log.ts', 'const now = Date.now()'),
  oneFile(clock, 'a date of now', 'server/log/open-log.ts', 'const at = new Date().toISOString()'),
  oneFile(clock, 'a date without brackets', 'server/app.ts', 'const at = new Date;'),
  oneFile(clock, 'a clock inside a template', 'server/app.ts', 'const a = `at ${Date.now()}`'),
  oneFile(randomness, 'an id', 'server/register/open-run.ts', 'const id = crypto.randomUUID()'),
  oneFile(randomness, 'jitter', 'server/main.ts', 'const a = Math.random() * 10'),
  oneFile(
    assertions,
    'an assertion in passing',
    'client-sdk/page.ts',
    'export function readPage(body: unknown): Page {\n  return body as Page\n}\n',
  ),
  oneFile(
    assertions,
    'an assertion beside a parse function',
    'schema/run.ts',
    [
      'export function parseRun(text: string): Run {',
      '  return text as Run',
      '}',
      '',
      'export const firstRun = (text: string): Run => {',
      '  return text as Run',
      '}',
    ].join('\n'),
  ),
]

const badFiles: readonly BadSample[] = [
  oneFile(
    'every file has a place',
    'a file beside the house',
    'server/start.ts',
    'export const a = 1',
  ),
  oneFile(names, 'a name that says nothing', 'server/store/utils.ts', 'export const a = 1'),
  oneFile(names, 'a word that says nothing', 'client-sdk/time-helper.ts', 'export const a = 1'),
  oneFile(names, 'a folder that says nothing', 'server/shared/read-run.ts', 'export const a = 1'),
  oneFile(names, 'capitals', 'schema/blobReference.ts', 'export const a = 1'),
  oneFile(names, 'a gathering file', 'server/log/index.ts', 'export const a = 1'),
  oneFile('files are short', 'too many lines', 'schema/run.ts', 'const a = 1\n'.repeat(301)),
  oneFile(roles, 'a fifth role', 'server/verify/evidence.ts', 'export const evidence = 1'),
  oneFile(roles, 'a folder in it', 'server/verify/rules/read-rule.ts', 'export const readRule = 1'),
  oneFile(roles, 'another name', 'server/verify/list-evidence.ts', 'export function evidence() {}'),
  oneFile(
    roles,
    'two operations in one file',
    'server/verify/list-evidence.ts',
    'export function listEvidence() {}\nexport const MAX = 1\n',
  ),
  oneFile(roles, 'no operation', 'server/verify/list-evidence.ts', 'export type A = 1'),
  oneFile(plain, 'a default', 'schema/run.ts', 'export default 1'),
  oneFile(plain, 'everything', 'schema/index.ts', "export * from './run.ts'"),
  oneFile(plain, 'what may change', 'schema/run.ts', 'export let a = 1'),
  oneFile(plain, 'a pattern', 'schema/run.ts', 'export const { a } = { a: 1 }'),
  oneFile(
    'exported verbs are words of the house',
    'a word of rows',
    'server/log/tree.ts',
    'export async function upsertHead() {}',
  ),
  oneFile(
    'the context is types only',
    'what runs',
    'server/context.ts',
    'export interface Context {}\nexport const context = {}\n',
  ),
  oneFile(
    'the context is types only',
    'an import that runs',
    'server/context.ts',
    "import { digestOf } from '../schema/digest.ts'",
  ),
]

/** What each rule must refuse. */
export const badSamples: readonly BadSample[] = [...badImports, ...badCode, ...badFiles]

/** What no rule may refuse, close to what one does. */
export const goodSamples: readonly {
  readonly holds: string
  readonly files: Readonly<Record<string, string>>
}[] = [
  {
    holds: 'banned words inside comments, strings, templates and regular expressions',
    files: {
      'server/log/tree.ts': [
        "// import 'node:fs'; Date.now()",
        "/* new Date() process.env Math.random() import x from 'pg' */",
        'const a = "Date.now() // "',
        'const b = `process.env ${\'}\'} ${`new Date() ${1}`} import("x")`',
        'const c = /[\'"`]/.test(a) ? 1 / 2 : a.length / 3 // randomUUID',
        "const d = 'as Date' + b + c",
        "export const tree = [d, /Date.now/, 'export default 1']",
      ].join('\n'),
    },
  },
  {
    holds: 'an operation with its types, and what may be read',
    files: {
      'server/verify/list-evidence.ts': [
        "import assert from 'node:assert/strict'",
        "import { CatalogError } from '../../schema/errors.ts'",
        "import type { Context } from '../context.ts'",
        "import { readEntries } from '../log/read-entries.ts'",
        "import type { Reader } from '../store/database.ts'",
        "import { statement } from '../store/statement.ts'",
        "import { walkLine } from '../timeline/read-line.ts'",
        "import { isDue } from './rules.ts'",
        'export interface EvidencePage { readonly at: Date }',
        'export async function listEvidence() { return new Date(0) }',
      ].join('\n'),
    },
  },
  {
    holds: 'the server loaded by the command that serves',
    files: {
      'client-sdk/cli/serve.ts': [
        "import { Command } from 'commander'",
        'export async function serve(): Promise<void> {',
        "  const { main } = await import('../../server/main.ts')",
        '  await main(process.env)',
        '}',
      ].join('\n'),
      'server/main.ts': "import { Type } from '../schema/run.ts'",
      'schema/run.ts': "import { Type } from 'typebox'",
    },
  },
  {
    holds: 'assertions that are none, or stand in a parse function',
    files: {
      'schema/run.ts': [
        "import { a as b } from './names.ts'",
        "import * as names from './names.ts'",
        'export { b as c }',
        'export const verbs = [names, 1] as const',
        'export type Renamed<T> = { [Key in keyof T as `x${string & Key}`]: T[Key] }',
        'export function parseRun(',
        '  text: string,',
        '): Run {',
        '  if (text.length > 0) {',
        '    return text as Run',
        '  }',
        '  const as = 1',
        '  return parse(as)',
        '}',
        'export const reader = {',
        '  parse: (value: unknown): Run => value as Run,',
        '}',
      ].join('\n'),
    },
  },
]
