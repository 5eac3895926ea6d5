import { access, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hashFile } from '../stores/disk-reader.ts'
import { readLibraries } from './libraries.ts'
import type { Section } from './section.ts'

/** The files in which package managers pin what they install. */
const lockFiles = [
  'bun.lock',
  'Cargo.lock',
  'conda-lock.yml',
  'go.sum',
  'npm-shrinkwrap.json',
  'package-lock.json',
  'Pipfile.lock',
  'pixi.lock',
  'pnpm-lock.yaml',
  'poetry.lock',
  'requirements.txt',
  'uv.lock',
  'yarn.lock',
] as const

/** The lock file of a large monorepo has a tenth of this. */
const LOCK_FILE_MAX_BYTES = 64 * 1024 * 1024

/** Folders looked at on the way up to the repository's root; workspaces are not nested deeper. */
const LEVELS_MAX_COUNT = 16

/** Digests the lock files nearest to a folder, within its repository, and names the versions of what they pin at the top. */
export async function readDependencies(directory: string, signal: AbortSignal): Promise<Section> {
  for (const folder of await foldersUp(directory)) {
    const found: Record<string, string> = {}
    for (const name of lockFiles) {
      if (signal.aborted) return missing('time ran out')
      const path = join(folder, name)
      const file = await stat(path).catch(() => undefined)
      if (file === undefined || !file.isFile()) continue
      if (file.size > LOCK_FILE_MAX_BYTES) return missing(`${name} is too large`)
      const hex = await hashFile(path).catch(() => undefined)
      if (hex === undefined) return missing(`${name} could not be read`)
      found[name] = `sha256:${hex}`
    }
    const names = Object.keys(found)
    if (names.length === 0) continue
    const libraries = await readLibraries(folder, names)
    if ('versions' in libraries) {
      return { facts: { ...libraries.versions, lockFiles: found }, missing: [] }
    }
    const { missing: reason } = libraries
    return { facts: { lockFiles: found }, missing: [{ fact: 'libraries', reason }] }
  }
  return missing('no lock file was found')
}

/** The folder and those above it to the repository's root; outside a repository the folder alone. */
async function foldersUp(directory: string): Promise<readonly string[]> {
  const folders: string[] = []
  let folder = directory
  while (folders.length < LEVELS_MAX_COUNT) {
    folders.push(folder)
    if (await exists(join(folder, '.git'))) return folders
    if (dirname(folder) === folder) break
    folder = dirname(folder)
  }
  return [directory]
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

function missing(reason: string): Section {
  return { facts: {}, missing: [{ fact: 'lockFiles', reason }] }
}
