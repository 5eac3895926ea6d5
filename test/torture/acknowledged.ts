import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { Receipt } from '../../schema/checkpoint.ts'
import { Run } from '../../schema/run.ts'

export const NAMESPACE = 'torture'

/** What the catalog has promised: a registration's receipt, or an opened run. */
export const Acknowledged = Type.Union([
  Type.Object({ kind: Type.Literal('checkpoint'), receipt: Receipt }),
  Type.Object({ kind: Type.Literal('run'), run: Run }),
])
export type Acknowledged = Static<typeof Acknowledged>

/** A file of promises; each is on disk before the client goes on. */
export interface Ledger {
  add(promises: readonly Acknowledged[]): void
  close(): void
}

/** Opens a new ledger for writing. */
export function openLedger(file: string): Ledger {
  const handle = openSync(file, 'wx')
  return {
    add: (promises) => {
      writeSync(handle, promises.map((promise) => `${JSON.stringify(promise)}\n`).join(''))
      fsyncSync(handle)
    },
    close: () => closeSync(handle),
  }
}

/** Reads what a client was promised. */
export function readLedger(file: string): readonly Acknowledged[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Value.Parse(Acknowledged, JSON.parse(line)))
}
