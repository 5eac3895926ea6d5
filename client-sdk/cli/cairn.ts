#!/usr/bin/env -S node --min-semi-space-size=16 --max-semi-space-size=16
// Requests that wait for a commit outlive a small nursery and fill the old one; V8's own choice would take 90 MB.
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** The oldest Node that runs the sources as they are. */
const NODE_OLDEST = [22, 18] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor < NODE_OLDEST[1])) {
  process.stderr.write(
    `cairn: CONFIG_INVALID: This is Node ${process.versions.node} and cairn needs ${NODE_OLDEST.join('.')} or newer: start it as "npx cairn", which brings its own Node.\n`,
  )
  process.exitCode = 2
} else {
  // Loaded only now: what they import need not be readable for an older Node.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(cacheFolder())
  const { runCommandLine } = await import('./command-line.ts')
  await runCommandLine(process.argv.slice(2))
}

/**
 * Where compiled code is kept, which makes the next start three times as fast.
 *
 * Node's own choice is a folder for temporary files, into which others could put code of theirs.
 */
function cacheFolder(): string {
  const caches = process.env['XDG_CACHE_HOME'] ?? ''
  return join(caches === '' ? join(homedir(), '.cache') : caches, 'cairn')
}
