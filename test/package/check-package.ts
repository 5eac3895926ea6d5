import assert from 'node:assert/strict'
import { builtinModules } from 'node:module'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { packSdk, readPackaged, runCommand, type PackedSdk } from './packed-sdk.ts'

/** What a page takes from the package, and most bytes of that in a browser, minified and gzipped. */
const bundles = [
  { what: 'the client', program: `export { CatalogClient } from '@cairn/client'`, maxKiB: 16 },
  // Notes, keys, policies, proofs, tiles: what checks a log without believing it.
  { what: 'all, verification too', program: `export * from '@cairn/client'`, maxKiB: 28 },
] as const

/** Where the package may import what a user has to install beside it: the S3 store, and nothing that others load. */
const S3_FILES = /\bstores\/s3\//

/** The package names nothing that would have to be installed with it, but for the AWS SDK under the S3 store. */
async function checkDependencies(sdk: PackedSdk): Promise<string> {
  const manifest = JSON.parse(await readFile(join(sdk.folder, 'package.json'), 'utf8'))
  for (const kind of ['dependencies', 'optionalDependencies']) {
    assert.deepEqual(Object.keys(manifest[kind] ?? {}), [], `${kind} must be empty`)
  }
  const peers = Object.keys(manifest.peerDependencies)
  assert.deepEqual(peers, ['@aws-sdk/checksums', '@aws-sdk/client-s3'])
  for (const peer of peers) assert.equal(manifest.peerDependenciesMeta[peer].optional, true, peer)
  for (const [path, text] of await readPackaged(sdk, '.js')) {
    const allowed = S3_FILES.test(path) ? /^(?:\.|node:|@aws-sdk\/)/ : /^(?:\.|node:)/
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      assert.match(specifier, allowed, `${path} imports ${specifier}`)
      const isLoadedByOthers = S3_FILES.test(specifier) && !S3_FILES.test(path)
      assert.ok(
        !isLoadedByOthers || path.endsWith('client-sdk/s3.js'),
        `${path} loads the S3 store`,
      )
    }
  }
  return 'no dependencies, and the AWS SDK as an optional peer of the S3 store alone'
}

/** Types that a user sees must not need a package that the user does not have. */
async function checkDeclarations(sdk: PackedSdk): Promise<string> {
  const declarations = await readPackaged(sdk, '.d.ts')
  for (const [path, text] of declarations) assert.doesNotMatch(text, /typebox/i, path)
  return `${declarations.size} declaration files, none mentions TypeBox`
}

async function checkPublint(sdk: PackedSdk): Promise<string> {
  const { messages, pkg } = await publint({ pkgDir: sdk.folder, strict: true, pack: false })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  )
  return 'publint has nothing to say'
}

async function checkTypeResolution(sdk: PackedSdk): Promise<string> {
  const args = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', sdk.tarball]
  await runCommand('attw', args)
  return 'attw resolves every entry point'
}

/** A user's program compiles against the package alone, under either way to resolve modules. */
async function checkConsumer(sdk: PackedSdk): Promise<string> {
  await writeFile(join(sdk.consumer, 'consumer.ts'), consumerProgram)
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', module]
    const library = ['--lib', 'es2022,dom,esnext.disposable', '--moduleResolution', resolution]
    await runCommand('tsc', [...options, ...library, 'consumer.ts'], sdk.consumer)
  }
  return 'a program compiles against the package alone'
}

/** Uses the main types; the last line must not compile, or the types would say nothing. */
const consumerProgram = `
import { CatalogClient, isCatalogError, type Digest, type RecoveryPlan } from '@cairn/client'

export async function program(catalog: CatalogClient): Promise<Digest | undefined> {
  const { run, plan } = await catalog.runs.resume({ job: 'j' })
  const onward: RecoveryPlan | null = plan
  for await (const item of catalog.checkpoints.list({ job: 'j' })) if (item.tombstoned) break
  try {
    const result = await run.checkpoint({ step: onward?.step ?? 0 })
    return result.checkpoint
  } catch (error) {
    if (isCatalogError(error) && error.code === 'ATTEMPT_FENCED') return undefined
    throw error
  }
}

// @ts-expect-error a step is a number
void ((catalog: CatalogClient) => catalog.runs.handle(undefined as never).checkpoint({ step: '1' }))
`

/** The package loads and reports its own errors in the runtime at hand. */
async function checkRuntime(sdk: PackedSdk): Promise<string> {
  const program = `
    import { CatalogClient, isCatalogError } from '@cairn/client'
    import * as node from '@cairn/client/node'
    if (Object.keys(node).length === 0) throw new Error('the Node entry point is empty')
    const catalog = new CatalogClient({ url: 'http://127.0.0.1:1', namespace: 'n', token: 't', retries: 0 })
    const error = await catalog.jobs.get('j').catch((caught) => caught)
    if (!isCatalogError(error)) throw new Error('not a CatalogError')
    console.log(error.code)`
  await writeFile(join(sdk.consumer, 'program.mjs'), program)
  const printed = await runCommand(process.execPath, ['program.mjs'], sdk.consumer)
  assert.equal(printed.trim(), 'CONNECTION_FAILED')
  return `loads in Node ${process.versions.node}`
}

async function checkBundles(sdk: PackedSdk): Promise<string> {
  const sizes = await Promise.all(bundles.map((bundle) => checkBundle(sdk, bundle)))
  return `browser bundles: ${sizes.join(', ')}`
}

async function checkBundle(
  sdk: PackedSdk,
  { what, program, maxKiB }: (typeof bundles)[number],
): Promise<string> {
  const entry = join(sdk.consumer, `browser-${maxKiB}.js`)
  await writeFile(entry, `${program}\n`)
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  const inputs = Object.values(metafile.inputs).flatMap((input) => input.imports)
  const builtins = inputs.filter(
    ({ path }) => path.startsWith('node:') || builtinModules.includes(path),
  )
  assert.deepEqual(builtins, [])
  const [bundle] = outputFiles
  assert.ok(bundle)
  const sizeBytes = gzipSync(bundle.contents, { level: 9 }).length
  assert.ok(
    sizeBytes <= maxKiB * 1024,
    `${what} has ${sizeBytes} bytes gzipped; at most ${maxKiB} KiB`,
  )
  return `${what} ${sizeBytes} bytes gzipped, ${bundle.contents.length} minified`
}

const checks = [
  checkDependencies,
  checkDeclarations,
  checkPublint,
  checkTypeResolution,
  checkConsumer,
  checkRuntime,
  checkBundles,
]

const sdk = await packSdk()
try {
  for (const check of checks) console.log(`ok: ${await check(sdk)}`)
} finally {
  await sdk.remove()
}
