import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { secretIn } from './secrets.ts'

/** Lock files that list versions in a form that is read here; of the others the digest alone is recorded. */
const readers: Readonly<Record<string, (text: string) => Iterable<Pin>>> = {
  'npm-shrinkwrap.json': npmPins,
  'package-lock.json': npmPins,
  'requirements.txt': pipPins,
}

/** Parsing a lock file of this size takes some 50 ms. */
const READ_MAX_BYTES = 8 * 1024 * 1024
/** Libraries that one environment names: a job that asks for more by name is rare, and documents are kept for ever. */
const LIBRARIES_MAX_COUNT = 256

/** Neither a URL nor a path, which could hold a secret or a machine's name. */
const versionGrammar = /^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,63}$/
const npmNameGrammar = /^(?:@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*$/i
const pipLine =
  /^([A-Za-z0-9][A-Za-z0-9._-]{0,127})(?:\[[^\]]*\])?\s*==\s*([0-9A-Za-z.+!_-]+)\s*(?:[;\\#].*)?$/

type Pin = readonly [library: string, version: string]

/** Versions by library, or why there are none. */
export type Libraries =
  { readonly versions: Readonly<Record<string, string>> } | { readonly missing: string }

/**
 * Reads which versions some lock files of a folder give to what a job asks for by name. What they give two versions is
 * left out: nobody could say which is loaded. So is a version that looks like a secret.
 */
export async function readLibraries(folder: string, names: readonly string[]): Promise<Libraries> {
  const versions = new Map<string, string | undefined>()
  const readable = names.filter((name) => readers[name] !== undefined)
  if (readable.length === 0) return { missing: 'no lock file whose versions are read' }
  for (const name of readable) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text === undefined) return { missing: `${name} could not be read` }
    if (text.length > READ_MAX_BYTES) return { missing: `${name} is too large` }
    for (const [library, version] of readers[name]?.(text) ?? []) {
      const known = versions.has(library) ? versions.get(library) : version
      versions.set(library, known === version ? version : undefined)
    }
  }
  if (versions.size > LIBRARIES_MAX_COUNT) {
    return { missing: `more than ${LIBRARIES_MAX_COUNT} libraries` }
  }
  const certain = [...versions].flatMap(([library, version]) =>
    version === undefined || secretIn('', version, []) !== undefined
      ? []
      : [[library, version] as const],
  )
  return { versions: Object.fromEntries(certain) }
}

/** What `package.json` asks for, at the version that is installed at the top. */
function* npmPins(text: string): Generator<Pin> {
  const packages = memberOf(parseJson(text), 'packages')
  const asked = memberOf(memberOf(packages, ''), 'dependencies')
  if (typeof asked !== 'object' || asked === null) return
  for (const library of Object.keys(asked)) {
    const version = memberOf(memberOf(packages, `node_modules/${library}`), 'version')
    if (typeof version !== 'string' || !versionGrammar.test(version)) continue
    if (npmNameGrammar.test(library)) yield [library, version]
  }
}

/** Lines that pin one version, as `pip freeze` writes them, under the name that pip compares by. */
function* pipPins(text: string): Generator<Pin> {
  for (const line of text.split('\n')) {
    const [, name, version] = pipLine.exec(line.trim()) ?? []
    if (name === undefined || version === undefined || !versionGrammar.test(version)) continue
    yield [name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version]
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const member: unknown = Reflect.get(value, name)
  return member
}
