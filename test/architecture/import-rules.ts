import { builtinModules } from 'node:module'
import type { Finding, Rule } from './finding.ts'
import { capabilityOf, isTest, layerOf, type Layer } from './layers.ts'
import type { SourceFile, SourceImport } from './source-file.ts'
import { neighboursOf, targetOf, type SourceTree } from './source-tree.ts'

/** Applies a judgement to every import of every file. */
function eachImport(
  judge: (file: SourceFile, one: SourceImport) => string | undefined,
): Rule['check'] {
  return (tree) =>
    [...tree.values()].flatMap((file) =>
      file.imports.flatMap((one) => {
        const message = judge(file, one)
        return message === undefined ? [] : [{ path: file.path, line: one.line, message }]
      }),
    )
}

function judgeArrow(file: SourceFile, one: SourceImport): string | undefined {
  if (isTest(file.path)) return undefined
  const layer = layerOf(file.path)
  if (layer === undefined) return undefined
  const target = targetOf(file, one)
  switch (target.kind) {
    case 'unknown':
      return 'imports what nobody can read off the source; write the specifier out'
    case 'node':
      return layer.node?.test(target.name)
        ? undefined
        : `${layer.name} must not import ${target.name}`
    case 'package':
      return layer.packages?.includes(target.name)
        ? undefined
        : `${layer.name} must not import the package ${target.name}`
    case 'ours':
      return judgeOurs(layer, one, target.path)
  }
}

function judgeOurs(layer: Layer, one: SourceImport, path: string): string | undefined {
  if (!path.endsWith('.ts')) return undefined
  const to = layerOf(path)
  if (to === undefined) return `imports ${path}, which is in no layer`
  if (layer.runs?.includes(to.name)) return undefined
  const hasTypes = layer.types?.includes(to.name) === true
  if (hasTypes && one.typeOnly) return undefined
  if (layer.loads?.includes(to.name)) {
    return one.form === 'dynamic' ? undefined : `${layer.name} loads ${path} by import() only`
  }
  if (hasTypes) return `${layer.name} may import only types of ${to.name}: ${path}`
  return `${layer.name} must not import ${to.name}: ${path}`
}

function judgeCapability(file: SourceFile, one: SourceImport): string | undefined {
  const from = capabilityOf(file.path)
  const target = targetOf(file, one)
  const to = target.kind === 'ours' ? capabilityOf(target.path) : undefined
  if (from === undefined || to === undefined || from === to) return undefined
  return `${from} must not import ${to}; what both decide is a pure function in schema/`
}

function judgeSpecifier(file: SourceFile, one: SourceImport): string | undefined {
  const target = targetOf(file, one)
  if (target.kind === 'package' && builtinModules.includes(target.name)) {
    return `write node:${target.name}`
  }
  if (target.kind === 'ours' && !/\.(?:ts|json)$/.test(target.path)) {
    return `write the extension of ${target.path}`
  }
  return undefined
}

function orderFindings(file: SourceFile): readonly Finding[] {
  const ranks = { node: 0, package: 1, ours: 2, unknown: 2 } as const
  let highest = 0
  return file.imports
    .filter((one) => one.form === 'import')
    .flatMap((one) => {
      const rank = ranks[targetOf(file, one).kind]
      const message = 'imports stand in the order node, packages, ours'
      if (rank < highest) return [{ path: file.path, line: one.line, message }]
      highest = rank
      return []
    })
}

const writeHandles = ['Database', 'WriteTransaction']

function judgeWriteDoor(file: SourceFile, one: SourceImport): string | undefined {
  if (isTest(file.path)) return undefined
  if (/^server\/(?:store|log|move)\/|^server\/(?:compose|own-catalog|main)\.ts$/.test(file.path))
    return undefined
  const target = targetOf(file, one)
  if (target.kind !== 'ours' || !target.path.startsWith('server/store/')) return undefined
  const taken = one.names.find((name) => name === '*' || writeHandles.includes(name))
  return taken === undefined
    ? undefined
    : `only the log, and what moves one whole, writes; ${taken} can, Reader cannot`
}

function judgeRawSql(file: SourceFile, one: SourceImport): string | undefined {
  if (/^(?:server\/(?:store|log)|migrations|test)\//.test(file.path)) return undefined
  const target = targetOf(file, one)
  if (target.kind !== 'package' || target.name !== 'kysely') return undefined
  return one.names.some((name) => name === 'sql' || name === '*')
    ? 'raw sql belongs in server/store, server/log or migrations; use the query builder'
    : undefined
}

/** Every file from which nothing but `schema/` and `client-sdk/` can be seen, by the way that leads there. */
function reachedFrom(tree: SourceTree, start: SourceFile): ReadonlyMap<SourceFile, string> {
  const ways = new Map([[start, start.path]])
  // A Map yields what is set while it is walked, and sets each file once: at most the whole tree.
  for (const [file, way] of ways) {
    for (const next of neighboursOf(tree, file)) {
      const inside = /^(?:schema|client-sdk)\//.test(next.path)
      if (inside && !ways.has(next)) ways.set(next, `${way} → ${next.path}`)
    }
  }
  return ways
}

function clientReach(tree: SourceTree): readonly Finding[] {
  const files = [...tree.values()].filter((file) => file.path.startsWith('client-sdk/'))
  return files.flatMap((start) =>
    [...reachedFrom(tree, start)].flatMap(([file, way]) =>
      file.imports.flatMap((one) => {
        const target = targetOf(file, one)
        const foreign =
          target.kind === 'node' || target.kind === 'package' ? target.name : undefined
        const isCore = layerOf(start.path)?.name === 'client'
        if (foreign === undefined || (!isCore && foreign !== 'typebox')) return []
        return [{ path: start.path, line: 1, message: `reaches ${foreign}: ${way}` }]
      }),
    ),
  )
}

/** The rules about what imports what. */
export const importRules: readonly Rule[] = [
  { name: 'imports follow the arrows between layers', check: eachImport(judgeArrow) },
  { name: 'a capability never imports another', check: eachImport(judgeCapability) },
  { name: 'specifiers are written out', check: eachImport(judgeSpecifier) },
  {
    name: 'imports stand in order',
    check: (tree) => [...tree.values()].flatMap(orderFindings),
  },
  { name: 'only the log holds the write handle', check: eachImport(judgeWriteDoor) },
  { name: 'raw sql stays where the database is', check: eachImport(judgeRawSql) },
  {
    name: 'the SDK reaches no TypeBox, and its core neither Node nor a package',
    check: clientReach,
  },
]
