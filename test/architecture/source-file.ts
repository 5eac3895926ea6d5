import { maskSource } from './mask.ts'

/** One import, re-export or dynamic import of a source file. */
export interface SourceImport {
  /** As written; undefined when it is computed, so that nobody can tell. */
  readonly specifier: string | undefined
  readonly form: 'import' | 'export' | 'dynamic'
  /** Whether it is gone when the types are stripped. */
  readonly typeOnly: boolean
  /** Names on the other side; `*` for all of them, `default` for a default import. */
  readonly names: readonly string[]
  readonly line: number
}

/** One name that a source file exports. */
export interface SourceExport {
  readonly name: string
  readonly form: 'value' | 'type' | 'default' | 'star' | 'unreadable'
  readonly line: number
}

/** A source file, read as far as the rules need it. */
export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  /** The source with comments, strings and regular expressions made blank; same offsets. */
  readonly code: string
  readonly lineCount: number
  readonly imports: readonly SourceImport[]
  readonly exports: readonly SourceExport[]
}

const importStatement = /(?<![.\w$])import\s+(type\s+(?!from\b))?([\w$*{},\s]+?\s*\bfrom\s*)?['"]/g
const reExport = /(?<![.\w$])export\s+(type\s+)?(\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})\s*from\s*['"]/g
const dynamicImport = /(?<![.\w$])import\s*\(\s*(['"]?)/g
const exportStart = /^export\b.*$/gm
const declaration =
  /^export\s+(?:declare\s+)?(?:async\s+|abstract\s+)?(function|const|class|interface|type|enum|namespace)\b\s*\*?\s*([\w$]+)/

/** Reads one source file. */
export function readSource(path: string, text: string): SourceFile {
  const code = maskSource(text)
  return {
    path,
    code,
    lineCount: text.replace(/\n$/, '').split('\n').length,
    imports: readImports(text, code),
    exports: readExports(code),
  }
}

/** Number of the line, from 1, on which an offset lies. */
export function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length
}

function readImports(text: string, code: string): readonly SourceImport[] {
  const found: { readonly at: number; readonly import: SourceImport }[] = []
  const add = (
    form: SourceImport['form'],
    match: RegExpExecArray,
    facts: { readonly typeOnly: boolean; readonly names: readonly string[] },
  ): void => {
    const quote = match.index + match[0].length - 1
    const specifier = /['"]$/.test(match[0]) ? quotedAt(text, quote) : undefined
    const line = lineAt(code, match.index)
    found.push({ at: match.index, import: { specifier, form, line, ...facts } })
  }
  for (const match of code.matchAll(importStatement)) {
    const names = importedNames((match[2] ?? '').replace(/from\s*$/, ''))
    add('import', match, { typeOnly: match[1] !== undefined, names })
  }
  for (const match of code.matchAll(reExport)) {
    const clause = match[2] ?? ''
    const names = clause.startsWith('*') ? ['*'] : importedNames(clause)
    add('export', match, { typeOnly: match[1] !== undefined, names })
  }
  for (const match of code.matchAll(dynamicImport)) {
    add('dynamic', match, { typeOnly: false, names: ['*'] })
  }
  return found.toSorted((left, right) => left.at - right.at).map((one) => one.import)
}

function quotedAt(text: string, at: number): string {
  return text.slice(at + 1, text.indexOf(text.charAt(at), at + 1))
}

/** The names on the other side of `a, { b as c, type D }` or `* as e`. */
function importedNames(clause: string): readonly string[] {
  const outside = clause
    .replace(/\{[^}]*\}/, '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('*') ? '*' : 'default'))
  const inside = membersOf(clause).map((member) => member.name)
  return [...outside, ...inside]
}

function membersOf(
  clause: string,
): readonly { readonly name: string; readonly as: string; readonly typeOnly: boolean }[] {
  const list = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
  return list
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
    .map((member) => {
      const [name = '', as = name] = member.replace(/^type\s+/, '').split(/\s+as\s+/)
      return { name, as, typeOnly: /^type\s/.test(member) }
    })
}

function readExports(code: string): readonly SourceExport[] {
  return [...code.matchAll(exportStart)].flatMap((match) => {
    const statement = code.slice(match.index)
    const line = lineAt(code, match.index)
    return readExport(statement).map((one) => ({ ...one, line }))
  })
}

function readExport(statement: string): readonly Omit<SourceExport, 'line'>[] {
  if (/^export\s+default\b/.test(statement)) return [{ name: 'default', form: 'default' }]
  if (/^export\s+(?:type\s+)?\*/.test(statement)) return [{ name: '*', form: 'star' }]
  const list = /^export\s+(type\s+)?(\{[^}]*\})/.exec(statement)
  if (list) {
    return membersOf(list[2] ?? '').map((member) => ({
      name: member.as,
      form: list[1] !== undefined || member.typeOnly ? 'type' : 'value',
    }))
  }
  const [, keyword, name] = declaration.exec(statement) ?? []
  if (keyword === undefined || name === undefined) return [{ name: '?', form: 'unreadable' }]
  return [{ name, form: keyword === 'interface' || keyword === 'type' ? 'type' : 'value' }]
}
