import { codeRules } from './code-rules.ts'
import { cycleRule } from './cycle-rule.ts'
import { fileRules } from './file-rules.ts'
import type { Rule } from './finding.ts'
import { importRules } from './import-rules.ts'

/** Every rule that is checked by reading the source. */
export const rules: readonly Rule[] = [...importRules, cycleRule, ...codeRules, ...fileRules]
