import type { Finding, Rule } from './finding.ts'
import { lineAt, type SourceFile } from './source-file.ts'

/** A pattern that code may hold in some files only. */
interface Ban {
  readonly name: string
  readonly pattern: RegExp
  /** Names that reach the same by way of an import, each after its module. */
  readonly imports?: readonly string[]
  /** Where the pattern is looked for. */
  readonly within: RegExp
  /** Where it is allowed all the same. */
  readonly except: RegExp
  readonly message: string
}

const bans: readonly Ban[] = [
  {
    name: 'the environment is read in one place',
    pattern: /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*(?:\?\.)?\[|\bprocess\.loadEnvFile\b/g,
    imports: ['node:process env', 'node:process *'],
    within: /^(?:schema|migrations|server|client-sdk)\//,
    // Capturing the environment is the subject of `capture/`.
    except: /^server\/main\.ts$|^client-sdk\/(?:cli|capture)\//,
    message: 'only server/main.ts, client-sdk/cli and client-sdk/capture read process.env',
  },
  {
    name: 'the clock comes from the context',
    pattern:
      /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))|(?<![\w$.]|new\s+)Date\s*\(/g,
    within: /^(?:schema|migrations|server)\//,
    except: /^server\/compose\.ts$/,
    message: 'take the time from the context; only server/compose.ts knows the clock',
  },
  {
    name: 'randomness comes from the context',
    pattern: /\bMath\s*\.\s*random\b|\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/g,
    within: /^(?:schema|migrations|server)\//,
    // A secret key must never come from a source that a test can replace.
    except: /^server\/(?:compose|auth\/local-key)\.ts$/,
    message: 'take randomness from the context; only server/compose.ts knows its source',
  },
]

function banRule(ban: Ban): Rule {
  const check = (file: SourceFile): readonly Finding[] =>
    !ban.within.test(file.path) || ban.except.test(file.path)
      ? []
      : [...findAll(file, ban.pattern, ban.message), ...findImports(file, ban)]
  return { name: ban.name, check: (tree) => [...tree.values()].flatMap(check) }
}

function findAll(file: SourceFile, pattern: RegExp, message: string): readonly Finding[] {
  return [...file.code.matchAll(pattern)].map((match) => ({
    path: file.path,
    line: lineAt(file.code, match.index),
    message,
  }))
}

function findImports(file: SourceFile, ban: Ban): readonly Finding[] {
  return file.imports
    .filter((one) => one.names.some((name) => ban.imports?.includes(`${one.specifier} ${name}`)))
    .map((one) => ({ path: file.path, line: one.line, message: ban.message }))
}

const assertion = /(?<![.\w$'"])as\s+(?!const\b)(?=[\w$({['"`])/g
const clauses =
  /(?<![.\w$])(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*[^'";]*)/g
/** `[Key in Keys as …]`, which renames a key of a mapped type. */
const keyRenaming = /\[\s*\w+\s+in\s[^\]]*$/

/** Code that ends at an assertion, or begins before one, this near, is on the same line or the one before. */
const NEAR_CHARACTERS = 160

function assertionFindings(file: SourceFile): readonly Finding[] {
  if (!/^(?:schema|client-sdk)\//.test(file.path)) return []
  const code = file.code.replaceAll(clauses, (clause) => clause.replaceAll(/[^\n]/g, ' '))
  return [...code.matchAll(assertion)].flatMap((match) => {
    const before = code.slice(Math.max(0, match.index - NEAR_CHARACTERS), match.index)
    const line = lineAt(code, match.index)
    if (keyRenaming.test(before) || standsInParse(code, line)) return []
    return [{ path: file.path, line, message: '`as` belongs in a parse… function' }]
  })
}

function standsInParse(code: string, line: number): boolean {
  return enclosingNames(code.split('\n'), line).some((name) => /^parse(?![a-z])/.test(name))
}

const naming =
  /^\s*(?:export\s+)?(?:(?:async|static|private|readonly|override|get)\s+)*(?:(?:function\*?|const|class)\s+)?(#?[\w$]+)\s*(?:<.*)?[(=:{]/

/** Names of what a line, from 1, stands in; the formatter's indentation tells the nesting. */
function enclosingNames(lines: readonly string[], line: number): readonly string[] {
  const names: string[] = []
  let indent = Number.POSITIVE_INFINITY
  for (const text of lines.slice(0, line).toReversed()) {
    const own = /^\s*/.exec(text)?.[0].length ?? 0
    // A line that closes a bracket belongs to the one that opened it.
    if (text.trim() === '' || own >= indent || /^\s*[)}\]>]/.test(text)) continue
    indent = own
    const name = naming.exec(text)?.[1]
    if (name !== undefined) names.push(name)
  }
  return names
}

/** The rules about what code may say where. */
export const codeRules: readonly Rule[] = [
  ...bans.map(banRule),
  {
    name: 'schema and SDK assert types only where input is parsed',
    check: (tree) => [...tree.values()].flatMap(assertionFindings),
  },
]
