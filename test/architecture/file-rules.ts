import { posix } from 'node:path'
import type { Finding, Rule } from './finding.ts'
import { capabilityOf, isTest, layerOf } from './layers.ts'
import type { SourceFile } from './source-file.ts'

/** Longest source file, in lines: the length to which one reads without losing the thread. */
const FILE_MAX_LINES = 300

const generated = ['client-sdk/api.ts']

/** As the whole name of a file or folder. */
const bannedNames = ['common', 'misc', 'service', 'services', 'shared', 'types']
/** Also as one word of a name. */
const bannedWords = ['util', 'utils', 'helper', 'helpers', 'manager', 'managers']

/** Verbs that say how rows change, not what becomes true. */
const bannedVerb = /^(?:save|put|upsert|delete|manage)[A-Z]/

const indexFiles = ['schema/index.ts', 'client-sdk/index.ts', 'migrations/index.ts']

/** Applies a judgement to every file that is not a test. */
function eachSource(judge: (file: SourceFile) => readonly Finding[]): Rule['check'] {
  return (tree) => [...tree.values()].filter((file) => !isTest(file.path)).flatMap(judge)
}

function finding(file: SourceFile, message: string, line = 1): Finding {
  return { path: file.path, line, message }
}

function placeFindings(file: SourceFile): readonly Finding[] {
  return layerOf(file.path) === undefined
    ? [finding(file, 'is in no layer; see test/architecture/layers.ts')]
    : []
}

function nameFindings(file: SourceFile): readonly Finding[] {
  const findings: Finding[] = []
  const parts = file.path.replace(/\.ts$/, '').split('/')
  for (const part of parts) {
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part)) {
      findings.push(finding(file, `${part} is not kebab-case`))
    }
    const banned =
      bannedNames.find((name) => name === part) ??
      part.split('-').find((word) => bannedWords.includes(word))
    if (banned !== undefined) {
      findings.push(finding(file, `${banned} says nothing; name the thing or the deed`))
    }
  }
  if (parts.at(-1) === 'index' && !indexFiles.includes(file.path)) {
    findings.push(finding(file, `only ${indexFiles.join(', ')} gather names`))
  }
  return findings
}

function sizeFindings(file: SourceFile): readonly Finding[] {
  if (generated.includes(file.path) || file.path.startsWith('migrations/')) return []
  return file.lineCount > FILE_MAX_LINES
    ? [finding(file, `has ${file.lineCount} lines; at most ${FILE_MAX_LINES}`)]
    : []
}

function roleFindings(file: SourceFile): readonly Finding[] {
  if (capabilityOf(file.path) === undefined) return []
  const name = posix.basename(file.path, '.ts')
  const depth = file.path.split('/').length
  if (depth > 3) return [finding(file, 'a capability is one folder without folders in it')]
  if (['routes', 'rules', 'projection'].includes(name)) return []
  if (!name.includes('-')) {
    return [finding(file, 'a capability holds routes, rules, projection and verb-noun files only')]
  }
  const wanted = name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const values = new Set(file.exports.filter((one) => one.form !== 'type').map((one) => one.name))
  return values.size === 1 && values.has(wanted)
    ? []
    : [finding(file, `exports ${[...values].join(', ') || 'nothing'}; only ${wanted} may run`)]
}

function exportFindings(file: SourceFile): readonly Finding[] {
  return file.exports.flatMap((one) => {
    if (one.form === 'default') return [finding(file, 'export it by name', one.line)]
    // The SDK's generated types go out whole: their list would only say again what is written there.
    if (one.form === 'star' && file.path !== 'client-sdk/index.ts') {
      return [finding(file, 'list the names', one.line)]
    }
    if (one.form === 'unreadable') return [finding(file, 'export one plain name', one.line)]
    return []
  })
}

function verbFindings(file: SourceFile): readonly Finding[] {
  if (!file.path.startsWith('server/')) return []
  return file.exports
    .filter((one) => one.form === 'value' && bannedVerb.test(one.name))
    .map((one) =>
      finding(file, `${one.name}: say what becomes true, not how rows change`, one.line),
    )
}

function contextFindings(file: SourceFile): readonly Finding[] {
  if (file.path !== 'server/context.ts') return []
  return [
    ...file.exports
      .filter((one) => one.form !== 'type')
      .map((one) => finding(file, `${one.name} runs; this file has types only`, one.line)),
    ...file.imports
      .filter((one) => !one.typeOnly)
      .map((one) => finding(file, 'imports what runs; this file has types only', one.line)),
  ]
}

/** The rules about what a file is called, how long it is and what it exports. */
export const fileRules: readonly Rule[] = [
  { name: 'every file has a place', check: eachSource(placeFindings) },
  { name: 'files are named for what they hold', check: eachSource(nameFindings) },
  { name: 'files are short', check: eachSource(sizeFindings) },
  { name: 'a capability holds four roles', check: eachSource(roleFindings) },
  { name: 'exports are plain names', check: eachSource(exportFindings) },
  { name: 'exported verbs are words of the house', check: eachSource(verbFindings) },
  { name: 'the context is types only', check: eachSource(contextFindings) },
]
