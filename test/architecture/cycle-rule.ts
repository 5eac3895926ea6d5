import type { Finding, Rule } from './finding.ts'
import type { SourceFile } from './source-file.ts'
import { neighboursOf, type SourceTree } from './source-tree.ts'

/**
 * One finding for each import, of whatever form, that closes a cycle of a depth-first walk.
 *
 * A graph has a cycle exactly when such a walk meets a file that is still open.
 */
function closingImports(tree: SourceTree): readonly Finding[] {
  const findings: Finding[] = []
  const left = new Set<SourceFile>()
  const open: SourceFile[] = []
  // As deep as the longest way through the tree without a repeat: at most its number of files.
  const visit = (file: SourceFile): void => {
    if (left.has(file)) return
    const opened = open.indexOf(file)
    if (opened >= 0) {
      const round = [...open.slice(opened), file].map((one) => one.path).join(' → ')
      findings.push({ path: file.path, line: 1, message: `is in an import cycle: ${round}` })
      return
    }
    open.push(file)
    for (const next of neighboursOf(tree, file)) visit(next)
    open.pop()
    left.add(file)
  }
  for (const file of tree.values()) visit(file)
  return findings
}

/** No import cycle, whether it runs or is of types only. */
export const cycleRule: Rule = { name: 'imports make no cycle', check: closingImports }
