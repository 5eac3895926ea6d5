import { type as systemName } from 'node:os'
import { sectionOf, type Section } from './section.ts'

const unsaid = 'the runtime does not say'

/** Which runtime runs, on which kind of system. */
export function readRuntime(): Section {
  const { node, v8, openssl, icu, bun } = process.versions
  return sectionOf([
    ['name', bun === undefined ? 'node' : 'bun', unsaid],
    ['version', bun ?? node, unsaid],
    ['v8', v8, unsaid],
    ['openssl', openssl, unsaid],
    ['icu', icu, unsaid],
    ['os', systemName(), unsaid],
    ['arch', process.arch, unsaid],
    // Only Linux has several.
    ...(process.platform === 'linux' ? [['libc', libc(), unsaid] as const] : []),
  ])
}

/** The C library and its version, from Node's diagnostic report; nothing else of the report is looked at. */
function libc(): string | undefined {
  const { report } = process
  // Where there is no such switch the report does not look up the names of open connections either.
  if (!('excludeNetwork' in report)) return parseLibc(report.getReport())
  const before = report.excludeNetwork
  report.excludeNetwork = true
  try {
    return parseLibc(report.getReport())
  } finally {
    report.excludeNetwork = before
  }
}

function parseLibc(report: unknown): string | undefined {
  const { header, sharedObjects } = report as Readonly<Record<string, unknown>>
  const { glibcVersionRuntime } = header as Readonly<Record<string, unknown>>
  if (typeof glibcVersionRuntime === 'string') return `glibc ${glibcVersionRuntime}`
  const objects: readonly unknown[] = Array.isArray(sharedObjects) ? sharedObjects : []
  return objects.some((object) => String(object).includes('ld-musl-')) ? 'musl' : undefined
}
