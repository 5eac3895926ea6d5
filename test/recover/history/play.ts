import assert from 'node:assert/strict'
import type { Digest } from '../../../schema/digest.ts'
import { isErrorCode } from '../../../schema/errors.ts'
import type { Called } from '../../harness/catalog.ts'
import { refused, type Scene } from '../../register/scene.ts'
import type { LatestExpected } from './expect.ts'
import type { Happening } from './world.ts'

/** What a history works on: a scene, what has happened in it, and an environment that is recorded there. */
export interface Play {
  readonly scene: Scene
  readonly happenings: Happening[]
  readonly environment: Digest
}

/** A digest that nothing has. */
export const UNKNOWN = `sha256:${'0'.repeat(64)}` as Digest

/** The one that is so many places from the newest, going round. */
export function newest<Item>(items: readonly Item[], pick: number): Item | undefined {
  return items.at(-1 - (pick % Math.max(1, items.length)))
}

/** Exactly these were passed over, each for a reason that it has. */
export function assertSkipped(
  skipped: readonly { readonly checkpoint: Digest; readonly reason: string }[],
  expected: LatestExpected['skipped'],
): void {
  assert.deepEqual(skipped.map((one) => one.checkpoint).toSorted(), [...expected.keys()].toSorted())
  for (const { checkpoint, reason } of skipped) {
    const reasons: ReadonlySet<string> = expected.get(checkpoint) ?? new Set()
    assert.ok(reasons.has(reason), `${reason} is none of ${[...reasons].join()}`)
  }
}

/** Refused, for one of these reasons. */
export function assertRefused(answer: Called, codes: ReadonlySet<string>): void {
  const { code } = answer.body
  assert.ok(codes.has(code), `${code} (${answer.status}) is none of ${[...codes].join()}`)
  if (isErrorCode(code)) refused(answer, code)
}
