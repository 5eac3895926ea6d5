import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { format, resolveConfig } from 'prettier'
import { stringify } from 'yaml'
import { renderClientTypes } from '../../schema/client-types.ts'
import { openapiDocument } from '../../schema/openapi.ts'
import { problemStatus } from '../../server/http/problem.ts'

const root = dirname(dirname(import.meta.dirname))

/** A generated file, as it should be. */
export interface GeneratedFile {
  readonly path: string
  readonly text: string
}

/** The files that are written from the operations table, formatted as the repository is. */
export async function generateFiles(): Promise<readonly GeneratedFile[]> {
  const yaml = stringify(openapiDocument(problemStatus), { aliasDuplicateObjects: false })
  return Promise.all([
    formatted(
      'openapi.yaml',
      `# Written from schema/operations.ts by \`npm run openapi\`.\n${yaml}`,
    ),
    formatted('client-sdk/api.ts', renderClientTypes()),
  ])
}

async function formatted(path: string, text: string): Promise<GeneratedFile> {
  const filepath = join(root, path)
  const options = await resolveConfig(filepath)
  return { path, text: await format(text, { ...options, filepath }) }
}

/** The paths of generated files that differ from what is on disk. */
export async function findStale(files: readonly GeneratedFile[]): Promise<readonly string[]> {
  const stale: string[] = []
  for (const { path, text } of files) {
    const found = await readFile(join(root, path), 'utf8').catch(() => undefined)
    if (found !== text) stale.push(path)
  }
  return stale
}

async function main(): Promise<void> {
  const files = await generateFiles()
  const stale = await findStale(files)
  if (!process.argv.includes('--check')) {
    for (const { path, text } of files) await writeFile(join(root, path), text)
    console.log(stale.length > 0 ? `Wrote ${stale.join(' and ')}.` : 'Nothing changed.')
  } else if (stale.length > 0) {
    console.error(`Stale: ${stale.join(', ')}. Run \`npm run openapi\` and commit the result.`)
    process.exitCode = 1
  }
}

if (import.meta.main) await main()
