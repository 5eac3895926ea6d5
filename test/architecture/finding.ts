import type { SourceTree } from './source-tree.ts'

/** One place that breaks a rule, with a sentence that says what to do. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** A rule of the house over the whole tree. */
export interface Rule {
  readonly name: string
  readonly check: (tree: SourceTree) => readonly Finding[]
}
