import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = dirname(dirname(import.meta.dirname))
/** The commands of the repository's own packages. */
const commands = join(root, 'node_modules/.bin')
/** Longest time of one command: building takes about a second, so this only ends what hangs. */
const COMMAND_TIMEOUT_MS = 120_000
/** Most bytes of a command's output. */
const OUTPUT_MAX_BYTES = 16 * 1024 * 1024

/** The SDK as it would be published, unpacked where no workspace can lend it anything. */
export interface PackedSdk {
  readonly tarball: string
  /** A folder in which `@cairn/client` is installed and nothing else is. */
  readonly consumer: string
  /** The package's folder within the consumer's. */
  readonly folder: string
  readonly remove: () => Promise<void>
}

/** Builds, packs and unpacks the SDK; installs nothing. */
export async function packSdk(): Promise<PackedSdk> {
  const source = join(root, 'client-sdk')
  await rm(join(source, 'dist'), { recursive: true, force: true })
  await runCommand('tsc', ['-p', join(source, 'tsconfig.json')])
  const consumer = await mkdtemp(join(tmpdir(), 'cairn-sdk-'))
  await runCommand('npm', ['pack', '--ignore-scripts', '--pack-destination', consumer], source)
  const packed = (await readdir(consumer)).find((file) => file.endsWith('.tgz'))
  const tarball = join(consumer, packed ?? '')
  const folder = join(consumer, 'node_modules/@cairn/client')
  await mkdir(folder, { recursive: true })
  await runCommand('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder])
  return {
    tarball,
    consumer,
    folder,
    remove: () => rm(consumer, { recursive: true, force: true }),
  }
}

/** Runs a command of the repository; a failure shows what it printed. */
export async function runCommand(
  command: string,
  args: readonly string[],
  directory: string = root,
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      cwd: directory,
      env: { ...process.env, PATH: `${commands}:${process.env['PATH'] ?? ''}` },
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: OUTPUT_MAX_BYTES,
    })
    return stdout
  } catch (cause) {
    const { stdout, stderr } = Object(cause)
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause })
  }
}

/** The texts of the package's files with one of these endings, by their path within it. */
export async function readPackaged(
  { folder }: PackedSdk,
  ending: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(ending))
  const texts = paths.map(
    async (path) => [path, await readFile(join(folder, path), 'utf8')] as const,
  )
  return new Map(await Promise.all(texts))
}
