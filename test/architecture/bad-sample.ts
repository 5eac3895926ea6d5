/** Files that are not on disk, and the rule that must refuse them. */
export interface BadSample {
  /** Name of the rule. */
  readonly rule: string
  readonly holds: string
  /** The file that the finding must name. */
  readonly found: string
  readonly files: Readonly<Record<string, string>>
}

/** A sample of a single file. */
export const oneFile = (rule: string, holds: string, path: string, text: string): BadSample => ({
  rule,
  holds,
  found: path,
  files: { [path]: text },
})
