import { CatalogError } from '../../schema/errors.ts'
import type { MissingFact, Section } from './section.ts'
import { secretIn } from './secrets.ts'

/**
 * Variables that change what a computation does; `*` stands for any letters, digits and underscores.
 *
 * A worker's rank is not among them: it says which worker this is, not what it runs in.
 */
const allowed = [
  'CUDA_VISIBLE_DEVICES',
  'NVIDIA_VISIBLE_DEVICES',
  'CUBLAS_WORKSPACE_CONFIG',
  'NCCL_*',
  'TORCH_*',
  'PYTHONHASHSEED',
  'OMP_NUM_THREADS',
  'MKL_NUM_THREADS',
  'TF_*DETERMINISTIC*',
  'XLA_FLAGS',
  'JAX_ENABLE_X64',
  'NODE_ENV',
  'NODE_OPTIONS',
  'TZ',
  'LANG',
  'LC_ALL',
  'WORLD_SIZE',
] as const

/** Far above what the list can match on any machine; the rest would be left out by name. */
const VARIABLES_MAX_COUNT = 256

/** Two characters at least before the first `*`, so that no pattern takes everything. */
const PATTERN = /^[A-Za-z_][A-Za-z0-9_][A-Za-z0-9_*]*$/

/**
 * Picks the variables on the list, and none that looks like a secret, a path or a name of this machine.
 *
 * @param additions Further names, or patterns with `*`, of the job's own.
 * @param identities Texts that say where this is or who runs it, such as the host name.
 * @throws {CONFIG_INVALID} an addition is no name
 */
export function selectVariables(
  variables: Readonly<Record<string, string | undefined>>,
  additions: readonly string[],
  identities: readonly string[],
): Section {
  const patterns = [...allowed, ...additions].map(patternOf)
  const facts: Record<string, string> = {}
  const missing: MissingFact[] = []
  for (const name of Object.keys(variables).sort()) {
    const value = variables[name]
    if (value === undefined || !patterns.some((pattern) => pattern.test(name))) continue
    const reason =
      Object.keys(facts).length >= VARIABLES_MAX_COUNT
        ? 'there are too many'
        : secretIn(name, value, identities)
    if (reason === undefined) facts[name] = value
    else missing.push({ fact: name, reason })
  }
  return { facts, missing }
}

function patternOf(text: string): RegExp {
  if (!PATTERN.test(text)) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `${JSON.stringify(text)} names no variable; write letters, digits and "_", with "*" after the first two.`,
    )
  }
  return new RegExp(`^${text.replaceAll('*', '[A-Za-z0-9_]*')}$`)
}
