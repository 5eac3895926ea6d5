import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

const root = join(import.meta.dirname, '../..')

/** Far above one run over these few files. */
const LINT_TIMEOUT_MS = 120_000

const lines = (count: number): string => '  log()\n'.repeat(count)

/** What the linter must refuse, each in a file of its own, by rule. */
const refused: Readonly<Record<string, { readonly path: string; readonly text: string }>> = {
  'typescript(no-floating-promises)': {
    path: 'server/verify/floating.ts',
    text: [
      "import type { Kysely } from 'kysely'",
      'export function forget(db: Kysely<{ readonly entry: { readonly id: number } }>): void {',
      "  db.insertInto('entry').values({ id: 1 }).execute()",
      '}',
    ].join('\n'),
  },
  'typescript(no-misused-promises)': {
    path: 'server/verify/misused.ts',
    text: 'export const run = () => [1].forEach(async (one) => { await Promise.resolve(one) })',
  },
  'typescript(await-thenable)': {
    path: 'server/verify/thenable.ts',
    text: 'export const run = async () => { await 1 }',
  },
  'typescript(no-explicit-any)': {
    path: 'server/verify/explicit-any.ts',
    text: 'export const read = (value: any): string => String(value)',
  },
  'typescript(no-unsafe-return)': {
    path: 'server/verify/implicit-any.ts',
    text: 'export const read = (text: string) => JSON.parse(text)',
  },
  'typescript(no-non-null-assertion)': {
    path: 'server/verify/non-null.ts',
    text: 'export const first = (all: readonly string[]): string => all[0]!',
  },
  'typescript(switch-exhaustiveness-check)': {
    path: 'server/verify/switch.ts',
    text: "export function run(kind: 'a' | 'b'): void { switch (kind) { case 'a': throw new Error() } }",
  },
  'typescript(consistent-type-imports)': {
    path: 'server/verify/type-import.ts',
    text: "import { Kysely } from 'kysely'\nexport type Handle = Kysely<object>",
  },
  'typescript(parameter-properties)': {
    path: 'server/verify/parameter-property.ts',
    text: 'export class Door { constructor(readonly name: string) {} }',
  },
  'import(no-cycle)': {
    path: 'server/verify/cycle.ts',
    text: "import { other } from './cycle-other.ts'\nexport const one = () => other",
  },
  'import(no-default-export)': {
    path: 'server/verify/default.ts',
    text: 'export default function run(): void {}',
  },
  'eslint(max-lines)': {
    path: 'server/verify/long-file.ts',
    text: 'export const a = 1\n'.concat('// why\n'.repeat(300)),
  },
  'eslint(max-lines-per-function)': {
    path: 'server/verify/long-function.ts',
    text: `export function run(log: () => void): void {\n${lines(69)}}\n`,
  },
  'eslint(no-console)': { path: 'server/verify/console.ts', text: "console.log('a')" },
  'eslint(no-param-reassign)': {
    path: 'server/verify/reassign.ts',
    text: 'export function grow(size: number): number { size += 1; return size }',
  },
  'eslint(eqeqeq)': {
    path: 'server/verify/equal.ts',
    text: 'export const same = (a: string, b: string): boolean => a == b',
  },
  'eslint(no-var)': { path: 'server/verify/var.ts', text: 'export var a = 1' },
  'eslint(prefer-const)': {
    path: 'server/verify/let.ts',
    text: 'let a = 1\nexport const b = () => a',
  },
  'eslint(no-restricted-imports)': {
    path: 'server/verify/restricted.ts',
    text: "import { ok } from 'node:assert'\nexport const check = () => ok(1)",
  },
  'unicorn(filename-case)': { path: 'server/verify/fileName.ts', text: 'export const a = 1' },
}

/** What stands close to that and is fine. */
const accepted: Readonly<Record<string, string>> = {
  'server/verify/cycle-other.ts':
    "import { one } from './cycle.ts'\nexport const other = () => one",
  'server/verify/short-function.ts': `export function run(log: () => void): void {\n${lines(68)}}\n`,
  'client-sdk/cli/print.ts': "console.log('a')",
  'test/long.test.ts': [
    "import assert from 'node:assert/strict'",
    "import { test } from 'node:test'",
    "test('a', () => {",
    '  const log = (): void => {}',
    lines(301),
    '  assert.equal(JSON.parse(\'{"a":1}\').a, 1)',
    '})',
  ].join('\n'),
}

interface Diagnostic {
  readonly code: string
  readonly filename: string
  readonly severity: string
}

function parseDiagnostics(output: string): readonly Diagnostic[] {
  return (JSON.parse(output) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics
}

/** Resolves to what the linter says, with its own settings, about files under a folder. */
function lint(folder: string): Promise<readonly Diagnostic[]> {
  const command = join(root, 'node_modules/.bin/oxlint')
  const options = ['--type-aware', '--deny-warnings', '--format=json']
  return new Promise((resolve, reject) => {
    execFile(
      command,
      [...options, 'server', 'client-sdk', 'test'],
      { cwd: folder, timeout: LINT_TIMEOUT_MS },
      (error, output, errors) => {
        if (error === null) return reject(new Error('The linter accepts every sample.'))
        if (!output.startsWith('{')) return reject(new Error(`${output}${errors}`))
        return resolve(parseDiagnostics(output))
      },
    )
  })
}

let folder = ''
let diagnostics: readonly Diagnostic[] = []

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-lint-'))
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    await copyFile(join(root, name), join(folder, name))
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const texts = Object.values(refused).map(({ path, text }) => [path, text] as const)
  for (const [path, text] of [...texts, ...Object.entries(accepted)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  diagnostics = await lint(folder)
})

after(() => rm(folder, { recursive: true }))

for (const [code, { path }] of Object.entries(refused)) {
  test(`the linter refuses ${path} as an error by ${code}`, () => {
    const codes = diagnostics
      .filter((one) => one.filename === path && one.severity === 'error')
      .map((one) => one.code)
    assert.ok(codes.includes(code), `only ${codes.join(', ') || 'nothing'}`)
  })
}

for (const path of Object.keys(accepted)) {
  test(`the linter accepts ${path}`, () => {
    const codes = diagnostics
      .filter((one) => one.filename === path && one.code !== 'import(no-cycle)')
      .map((one) => one.code)
    assert.deepEqual(codes, [])
  })
}
