import { CatalogError } from '../../schema/errors.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { LogPolicy } from '../../schema/transparency/log-policy.ts'
import { meetsQuorum } from '../../schema/transparency/policy-quorum.ts'
import {
  formatSignatureLine,
  parseSignedNote,
  type NoteSignature,
  type SignedNote,
} from '../../schema/transparency/signed-note.ts'
import type { Reader } from '../store/database.ts'
import { askWitness, isCosignature, ownLine, type WitnessAddress } from './ask-witness.ts'
import { proveConsistency, readSignedHead } from '../log/read-proofs.ts'
import { readTreeHead } from '../log/read-tiles.ts'
import type { Signer } from '../signing/signer.ts'
import type { WitnessedHead } from './witnessed-head.ts'

/** After a failure a witness is left alone this long, then twice as long, and so on. */
const PAUSE_FIRST_MS = 250
/** One that is back is asked again this soon; a request to one that is away costs little. */
const PAUSE_MAX_MS = 4_000
/** While nobody waits for cosignatures, a busy log asks for them no more often than this. */
const REST_MS = 200
/** Cosignatures are kept so often: those of a busy log's heads in between are soon out of date. */
const KEEP_REST_MS = 2_000

export interface CollectOptions {
  readonly db: Reader
  readonly signer: Signer
  readonly policy: LogPolicy
  readonly witnesses: readonly WitnessAddress[]
  /** Told of witnesses that do not answer or refuse, and of a log that cannot be read. */
  readonly onFailure: (error: unknown) => void
  /** Ends everything. */
  readonly signal: AbortSignal
}

/** The head that is being cosigned: the next one begins when this has the quorum or nobody is being asked. */
interface Target extends WitnessedHead {
  readonly note: SignedNote
  readonly cosignatures: Map<WitnessAddress, NoteSignature>
}

interface Asked {
  readonly witness: WitnessAddress
  /** What it has cosigned, as far as it has told. */
  oldSize: number
  failureCount: number
  running?: Promise<void> | undefined
  pause?: NodeJS.Timeout | undefined
}

interface Waiter {
  readonly size: number
  readonly resolve: (head: WitnessedHead) => void
}

/**
 * Collects the cosignatures of one log: for its newest head only, one request at a time for each witness. All
 * are asked for the same head, or a quorum might never agree on one of a busy log.
 */
export class Collection {
  readonly #namespace: NamespaceName
  readonly #options: CollectOptions
  readonly #asked: readonly Asked[]
  readonly #waiters = new Set<Waiter>()
  #target: Target | undefined
  #witnessed: WitnessedHead | undefined
  #looking: Promise<void> | undefined
  #isDue = false
  #rest: NodeJS.Timeout | undefined
  #keeping: NodeJS.Timeout | undefined

  constructor(namespace: NamespaceName, options: CollectOptions) {
    this.#namespace = namespace
    this.#options = options
    this.#asked = options.witnesses.map((witness) => ({ witness, oldSize: 0, failureCount: 0 }))
  }

  /** Looks for a newer head and asks who has not cosigned it; returns at once. */
  look(): void {
    this.#isDue = true
    if (this.#looking !== undefined || this.#options.signal.aborted) return
    this.#looking = this.#lookWhileDue().finally(() => {
      this.#looking = undefined
      // Asked for after the last round had begun to end.
      if (this.#isDue) this.look()
    })
  }

  /** A signed head with the cosignatures that were collected for exactly it. */
  async addTo(signedHead: string): Promise<string> {
    // The first look brings back what was kept before the process began.
    if (this.#target === undefined) await this.#looking
    return this.#target?.signedHead === signedHead ? withLines(this.#target) : signedHead
  }

  /** The newest witnessed head once it has this size; undefined when the signal came first. */
  reach(size: number, signal: AbortSignal): Promise<WitnessedHead | undefined> {
    return new Promise((resolve) => {
      if (this.#witnessed !== undefined && this.#witnessed.size >= size) {
        return resolve(this.#witnessed)
      }
      if (signal.aborted) return resolve(undefined)
      const giveUp = (): void => {
        this.#waiters.delete(waiter)
        resolve(undefined)
      }
      const waiter: Waiter = {
        size,
        resolve: (head) => {
          signal.removeEventListener('abort', giveUp)
          resolve(head)
        },
      }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', giveUp, { once: true })
      this.look()
    })
  }

  /** Resolves when nothing runs any more, after the signal that ends it. */
  async ended(): Promise<void> {
    await Promise.all([this.#looking, ...this.#asked.map((one) => one.running)])
    clearTimeout(this.#rest)
    for (const one of this.#asked) clearTimeout(one.pause)
    if (this.#keeping !== undefined) await this.#keep()
  }

  /** Keeps the newest head's cosignatures, which a restart would otherwise have to ask for again. */
  async #keep(): Promise<void> {
    clearTimeout(this.#keeping)
    this.#keeping = undefined
    const target = this.#target
    if (target === undefined || target.cosignatures.size === 0) return
    const lines = [...target.cosignatures.values()].map(formatSignatureLine)
    try {
      await this.#options.signer.keepCosignatures(this.#namespace, target, lines)
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  /** Brings back what was kept for a head, as far as it is of witnesses that are asked. */
  async #bringBack(target: Target): Promise<void> {
    const lines = await this.#options.signer.findCosignatures(this.#namespace, target)
    for (const { witness } of this.#asked) {
      const own = ownLine(witness.key, lines.join(''))
      if (own === undefined || !(await isCosignature(witness.key, own, target.note))) continue
      target.cosignatures.set(witness, own)
    }
  }

  async #lookWhileDue(): Promise<void> {
    // Each round reads one head, and ends unless a look was asked for meanwhile.
    while (this.#isDue && !this.#options.signal.aborted) {
      this.#isDue = false
      try {
        await this.#renewTarget()
        this.#askAll()
      } catch (error) {
        // The next write, or whoever reads the head, looks again.
        this.#options.onFailure(error)
        return
      }
    }
  }

  async #renewTarget(): Promise<void> {
    const isMet = this.#target !== undefined && this.#witnessed?.size === this.#target.size
    const isIdle = this.#asked.every((one) => one.running === undefined)
    if (!isMet && !isIdle) return
    if (this.#rest !== undefined && this.#waiters.size === 0) return
    const head = await readSignedHead(this.#options, this.#namespace)
    if (head.signedHead === this.#target?.signedHead) return
    const target = targetOf(head)
    if (this.#target === undefined) await this.#bringBack(target)
    this.#target = target
    // A policy that asks for nobody is met before anybody answers.
    this.#settle(this.#target)
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      this.look()
    }, REST_MS).unref()
  }

  #askAll(): void {
    const target = this.#target
    if (target === undefined) return
    for (const one of this.#asked) {
      if (one.running !== undefined || one.pause !== undefined) continue
      if (target.cosignatures.has(one.witness) || one.oldSize > target.size) continue
      one.running = this.#ask(one, target).finally(() => {
        one.running = undefined
        this.look()
      })
    }
  }

  async #ask(one: Asked, target: Target): Promise<void> {
    const { db, signal, onFailure } = this.#options
    try {
      const cosigning = await askWitness(one.witness, {
        note: target.note,
        size: target.size,
        oldSize: one.oldSize,
        signal,
        proofFrom: (from) => proveConsistency(db, this.#namespace, { from, to: target.size }),
      })
      one.failureCount = 0
      one.oldSize = cosigning.kind === 'ahead' ? cosigning.size : target.size
      if (cosigning.kind === 'cosigned') {
        target.cosignatures.set(one.witness, cosigning.signature)
        if (target !== this.#target) return
        this.#keeping ??= setTimeout(() => void this.#keep(), KEEP_REST_MS).unref()
        this.#settle(target)
        return
      }
      const newest = await readTreeHead(db, this.#namespace)
      if (newest.size < cosigning.size) onFailure(this.#beyond(one.witness, cosigning.size))
    } catch (error) {
      if (signal.aborted) return
      onFailure(error)
      const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** one.failureCount)
      one.failureCount += 1
      one.pause = setTimeout(() => {
        one.pause = undefined
        this.look()
      }, pauseMs).unref()
    }
  }

  #settle(target: Target): void {
    const keys = [...target.cosignatures.keys()].map((witness) => witness.key)
    if (!meetsQuorum(this.#options.policy, keys)) return
    const { size, root } = target
    const witnessed = { size, root, signedHead: withLines(target) }
    this.#witnessed = witnessed
    for (const waiter of this.#waiters) {
      if (waiter.size > size) continue
      this.#waiters.delete(waiter)
      waiter.resolve(witnessed)
    }
  }

  #beyond(witness: WitnessAddress, size: number): CatalogError {
    return new CatalogError(
      'LOG_ROLLED_BACK',
      `The witness ${witness.key.name} has cosigned ${size} entries of the log of "${this.#namespace}", and the database has fewer: it was set back, or another signs as this log.`,
    )
  }
}

function targetOf(head: WitnessedHead): Target {
  const note = parseSignedNote(head.signedHead)
  if (note.ok) return { ...head, note: note.value, cosignatures: new Map() }
  throw new CatalogError('INTERNAL', 'What the log signed is no signed note; report this.')
}

function withLines({ signedHead, cosignatures }: Target): string {
  return signedHead + [...cosignatures.values()].map(formatSignatureLine).join('')
}
