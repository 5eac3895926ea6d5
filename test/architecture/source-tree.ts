import { globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { readSource, type SourceFile, type SourceImport } from './source-file.ts'

/** Source files by their path from the root of the repository. */
export type SourceTree = ReadonlyMap<string, SourceFile>

/** Where one import leads. */
export type Target =
  | { readonly kind: 'ours'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'unknown' }

const sourceFolders = ['schema', 'migrations', 'server', 'client-sdk', 'test']

/** Every TypeScript file of the repository, what is built and what is installed apart. */
export function readSourceTree(root: string): SourceTree {
  const paths = sourceFolders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => path.replaceAll(sep, '/'))
    .filter((path) => !/(?:^|\/)(?:node_modules|dist)\//.test(path))
  return sourceTreeOf(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

/** A tree of texts that need not be on disk. */
export function sourceTreeOf(texts: Iterable<readonly [path: string, text: string]>): SourceTree {
  return new Map([...texts].map(([path, text]) => [path, readSource(path, text)]))
}

/** Where an import of that file leads. */
export function targetOf(file: SourceFile, one: SourceImport): Target {
  const specifier = one.specifier
  if (specifier === undefined) return { kind: 'unknown' }
  if (specifier.startsWith('.')) {
    return { kind: 'ours', path: posix.join(posix.dirname(file.path), specifier) }
  }
  if (specifier.startsWith('node:')) return { kind: 'node', name: specifier }
  const [scopeOrName = '', rest = ''] = specifier.split('/')
  return {
    kind: 'package',
    name: specifier.startsWith('@') ? `${scopeOrName}/${rest}` : scopeOrName,
  }
}

/** The files of the tree that a file imports, in any form, types included. */
export function neighboursOf(tree: SourceTree, file: SourceFile): readonly SourceFile[] {
  return file.imports.flatMap((one) => {
    const target = targetOf(file, one)
    const neighbour = target.kind === 'ours' ? tree.get(target.path) : undefined
    return neighbour === undefined ? [] : [neighbour]
  })
}
