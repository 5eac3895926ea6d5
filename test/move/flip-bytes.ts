import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { openScratch } from '../../server/store/open-scratch.ts'
import { contentReader } from './file-content.ts'
import { checkOf } from './moving.ts'

/** Which bytes of a copy of its own somebody flips. */
export interface FlipTask {
  readonly file: string
  readonly offsets: readonly number[]
}

/** How many flips were found, and how many of the others left everything as it was. */
export interface FlipCounts {
  readonly reported: number
  readonly harmless: number
  /** Flips that `fsck` passed although something is not as it was. */
  readonly missed: readonly string[]
}

/**
 * Flips one byte after the other of a database file, has the whole of `fsck` judge each, and where that finds
 * nothing has everything read that the file holds.
 */
export async function flipBytes({ file, offsets }: FlipTask): Promise<FlipCounts> {
  const database = { kind: 'sqlite', file } as const
  const readContent = contentReader(file)
  const whole = readContent(file)
  const bytes = readFileSync(file)
  const counts = { reported: 0, harmless: 0 }
  const missed: string[] = []
  const scratch = openScratch()
  const descriptor = openSync(file, 'r+')
  const check = () => checkOf({ database }, undefined, scratch)
  try {
    assert.deepEqual((await check()).findings, [])
    for (const offset of offsets) {
      const flipped = bytes.readUInt8(offset) ^ (1 << (offset % 8))
      writeSync(descriptor, Uint8Array.of(flipped), 0, 1, offset)
      const { ok, findings } = await check()
      assert.equal(ok, findings.length === 0)
      counts[ok ? 'harmless' : 'reported'] += 1
      const difference = ok ? differenceFrom(whole, () => readContent(file)) : undefined
      if (difference !== undefined) missed.push(`byte ${offset}: ${difference}`)
      writeSync(descriptor, bytes, offset, 1, offset)
    }
    assert.deepEqual((await check()).findings, [])
    assert.ok(readFileSync(file).equals(bytes))
  } finally {
    closeSync(descriptor)
    scratch.close()
  }
  return { ...counts, missed }
}

/** Characters that are shown of what reads otherwise. */
const SHOWN_LENGTH = 120

function differenceFrom(whole: string, read: () => string): string | undefined {
  try {
    const content = read()
    if (content === whole) return undefined
    let at = 0
    while (content[at] === whole[at]) at += 1
    const from = Math.max(0, at - SHOWN_LENGTH / 2)
    return `reads otherwise: ${content.slice(from, from + SHOWN_LENGTH)}`
  } catch (error) {
    return String(error)
  }
}

if (parentPort !== null) {
  const counts = await flipBytes(workerData as FlipTask)
  // The rule is about windows; a thread's port has no origin.
  parentPort.postMessage(counts) // oxlint-disable-line unicorn/require-post-message-target-origin
}
