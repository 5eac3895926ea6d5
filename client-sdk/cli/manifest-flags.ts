import { CatalogError } from '../../schema/errors.ts'
import type { Format, Json, Manifest, Seed } from '../api.ts'
import type { CheckpointInput } from '../checkpoint-input.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional, refusal, repeated } from './flag.ts'
import {
  collectPairs,
  readChoice,
  readCount,
  readDigest,
  readPair,
  readText,
} from './flag-values.ts'

const stepWords = { usage: '--step <step>', summary: 'progress position, which grows' }

/** The flags that describe a checkpoint of a job that is one worker. */
export const manifestFlags = {
  step: optional(stepWords, readCount(0, Number.MAX_SAFE_INTEGER)),
  kind: optional(
    { usage: '--kind <kind>', summary: 'full or delta; default delta when there is a --base' },
    readChoice('full', 'delta'),
  ),
  base: optional(
    { usage: '--base <digest>', summary: 'the checkpoint that a delta changes' },
    readDigest,
  ),
  tier: optional(
    { usage: '--tier <tier>', summary: 'light or durable; default durable' },
    readChoice('light', 'durable'),
  ),
  parameters: repeated(
    { usage: '--param <name=value>', summary: 'a parameter; JSON, or else text' },
    readParameter,
  ),
  labels: repeated(
    { usage: '--label <name=value>', summary: 'a label to filter by; may be given several times' },
    readPair,
  ),
  seeds: repeated(
    { usage: '--seed <generator=seed>', summary: "a generator's seed, such as numpy.pcg64=42" },
    readSeed,
  ),
  format: optional(
    { usage: '--format <name@version>', summary: 'how the state is written' },
    readFormat,
  ),
  environment: optional(
    { usage: '--environment <digest>', summary: "what made the state; default the run's" },
    readDigest,
  ),
}

/**
 * What the flags say of a checkpoint, without its blobs.
 *
 * @throws {INVALID_REQUEST} there is no step, or a name is given twice
 */
export function checkpointOf(values: ValuesOf<typeof manifestFlags>): CheckpointInput {
  const { step, kind, base, tier, seeds, format, environment } = values
  if (step === undefined) throw refusal(stepWords, 'is missing')
  return defined({
    step,
    kind,
    base,
    tier,
    format,
    environment,
    seeds: seeds.length === 0 ? undefined : seeds,
    parameters: collectPairs('--param', values.parameters),
    labels: collectPairs('--label', values.labels),
  })
}

/** Reads a manifest that a file holds; the catalog checks what it says. */
export function parseManifest(document: Json): Manifest {
  if (typeof document === 'object' && document !== null && 'shards' in document) {
    return document as unknown as Manifest
  }
  throw new CatalogError(
    'INVALID_REQUEST',
    'This is no manifest, which is a JSON object with "run", "step", "shards" and more.',
  )
}

function readParameter(text: string): readonly [string, Json] {
  const [name, value] = readPair(text)
  return [name, parseValue(value)]
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function readSeed(text: string): Seed {
  const [generator, seed] = readPair(text)
  const count = /^\d{1,16}$/.test(seed) ? Number(seed) : Number.NaN
  return { generator, seed: Number.isSafeInteger(count) ? count : seed }
}

function readFormat(text: string): Format {
  const at = text.lastIndexOf('@')
  if (at < 1) throw new CatalogError('INVALID_REQUEST', 'write name@version, such as npz@1')
  return { name: readText(text.slice(0, at)), version: readText(text.slice(at + 1)) }
}
