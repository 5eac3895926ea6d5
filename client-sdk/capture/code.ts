import type { Json } from '../api.ts'
import { runCommand, type CommandOutput } from './command.ts'
import type { MissingFact, Section } from './section.ts'
import { hashUntracked } from './untracked.ts'

/** Where to look, with which variables, and until when. */
export interface CodeQuestion {
  readonly directory: string
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** A difference from the commit: its digest, null when there is none, or why it could not be told. */
type Difference = { readonly hex: string | null } | { readonly reason: string }

const OBJECT_NAME = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** Where CI systems put the commit, for images without the repository. */
const commitVariables = ['GITHUB_SHA', 'CI_COMMIT_SHA', 'BUILDKITE_COMMIT', 'CIRCLE_SHA1']

/** These would point git at another repository than the folder's. */
const redirections = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR']

/** Whatever the user's settings, the same change gives the same bytes and no program of theirs runs. */
const diffParameters = (
  'diff HEAD --binary --full-index --unified=3 --inter-hunk-context=0 --no-ext-diff --no-textconv ' +
  '--no-color --no-renames --no-relative --src-prefix=a/ --dst-prefix=b/ --diff-algorithm=myers ' +
  '--no-indent-heuristic --submodule=short --ignore-submodules=none -O/dev/null'
).split(' ')

/** Reads which code runs: commit, tree, and digests of what differs from it; never the difference itself. */
export async function readCode(question: CodeQuestion): Promise<Section> {
  const top = await git(question, ['rev-parse', '--show-toplevel'])
  if (typeof top === 'string') {
    return fromVariables(question.variables, reasonOf(top, 'no work tree that git reads'))
  }
  const root = { ...question, directory: top.bytes.toString('utf8').replace(/\n$/, '') }
  const names = await git(root, ['rev-parse', 'HEAD', 'HEAD^{tree}'])
  if (typeof names === 'string') {
    return fromVariables(question.variables, reasonOf(names, 'the repository has no commit'))
  }
  const [commit = '', tree = ''] = names.bytes.toString('utf8').split('\n')
  const [changed, added] = await Promise.all([readChanged(root), readAdded(root)])
  const facts: Record<string, Json> = { vcs: 'git', commit, tree }
  const missing: MissingFact[] = []
  for (const [fact, difference] of [
    ['diffDigest', changed],
    ['untrackedDigest', added],
  ] as const) {
    if ('reason' in difference) missing.push({ fact, reason: difference.reason })
    else if (difference.hex !== null) facts[fact] = `sha256:${difference.hex}`
  }
  const isDirty = 'diffDigest' in facts || 'untrackedDigest' in facts
  if (isDirty || missing.length === 0) facts['dirty'] = isDirty
  else missing.push({ fact: 'dirty', reason: 'not all differences could be read' })
  return { facts, missing }
}

async function readChanged(root: CodeQuestion): Promise<Difference> {
  const diff = await git(root, diffParameters)
  if (typeof diff === 'string') return { reason: diff }
  return { hex: diff.sizeBytes === 0 ? null : diff.hex }
}

async function readAdded(root: CodeQuestion): Promise<Difference> {
  const list = await git(root, ['ls-files', '--others', '--exclude-standard', '-z'])
  if (typeof list === 'string') return { reason: list }
  if (list.sizeBytes === 0) return { hex: null }
  const names = list.bytes.toString('utf8').split('\0').slice(0, -1)
  // A list that was cut short has lost its last name, and more files than are hashed anyway.
  return await hashUntracked(root.directory, names, root.signal)
}

function fromVariables(variables: CodeQuestion['variables'], reason: string): Section {
  const missing = ['tree', 'dirty'].map((fact) => ({ fact, reason }))
  for (const name of commitVariables) {
    const commit = variables[name]
    if (commit === undefined || !OBJECT_NAME.test(commit)) continue
    return { facts: { vcs: 'git', commit }, missing }
  }
  return { facts: {}, missing: [{ fact: 'commit', reason }, ...missing] }
}

/** Git's exit code for a question that has no answer here says less than what the question was. */
function reasonOf(failure: string, answer: string): string {
  return failure.includes('exit code') ? answer : failure
}

async function git(
  question: CodeQuestion,
  parameters: readonly string[],
): Promise<CommandOutput | string> {
  const { directory, signal } = question
  const variables: Record<string, string | undefined> = {
    ...question.variables,
    // Reading must not take the repository's locks from whoever works in it, nor ask anybody anything.
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  }
  for (const name of redirections) delete variables[name]
  return await runCommand({
    program: 'git',
    parameters: ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=true', ...parameters],
    directory,
    variables,
    signal,
  })
}
