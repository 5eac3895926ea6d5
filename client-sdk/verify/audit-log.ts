import { leafHash } from '../../schema/merkle.ts'
import type { Finding, Parsed } from '../../schema/transparency/finding.ts'
import {
  entryBundlesOf,
  type EntryTile,
  type HashTile,
} from '../../schema/transparency/tile-coverage.ts'
import { formatTilePath, HEAD_PATH } from '../../schema/transparency/tile-path.ts'
import type { TreeHead } from '../../schema/transparency/tree-head.ts'
import { checkHead, type TrustRoot } from './check-head.ts'
import { readAhead } from './read-ahead.ts'
import { readEntryTile, readHashTile, readHead } from './read-tile.ts'
import { startRebuild, type RebuiltHash, type RebuiltTile } from './rebuild-tree.ts'
import { sameBytes } from '../../schema/same-bytes.ts'
import type { TileSource } from './tile-source.ts'
import type { Verdict } from './verdict.ts'

/** Findings after which an audit stops: a log that is this wrong needs no longer list. */
const FINDINGS_MAX_COUNT = 1_000

/** Bundles under way at once, of up to 16 MiB each: enough to hash while the next ones arrive. */
const READ_AHEAD_COUNT = 8

/** How far an audit is. */
export interface AuditProgress {
  /** Entries looked at, of those that the signed head counts. */
  readonly checkedCount: number
  readonly size: number
}

/** Whom to believe about the log, and whom to tell how far the audit is. */
export interface AuditOptions extends TrustRoot {
  /** Called after every 256 entries; what it throws ends the audit. */
  readonly onProgress?: (progress: AuditProgress) => void
}

/** What the audit of a whole log came to. */
export type AuditVerdict = Verdict & {
  /** The signed head, if it could be read; only with `ok` has anybody signed it. */
  readonly head?: TreeHead
  /** Entries looked at. */
  readonly checkedCount: number
  /** Whether the audit went through to the end; it stops after 1,000 findings. */
  readonly complete: boolean
}

/**
 * Audits a whole log: the signatures on its head, every entry against its tile, every tile against the ones
 * below, and the root made anew from the entries against the signed one.
 *
 * Lists all that is wrong, up to 1,000 findings; a source that fails is a finding. Memory is bounded whatever
 * the log's size. Never throws, unless `onProgress` does.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export async function auditLog(source: TileSource, options: AuditOptions): Promise<AuditVerdict> {
  const signedHead = await readHead(source)
  const checked = signedHead.ok ? await checkHead(signedHead.value, options) : signedHead
  const findings: Finding[] = [...checked.findings]
  const head = 'head' in checked ? checked.head : undefined
  if (head === undefined) return verdictOn({ findings, checkedCount: 0, complete: false })
  const { size, root } = head
  const tree = startRebuild()
  let checkedCount = 0
  const parts = readAhead(entryBundlesOf(size), READ_AHEAD_COUNT, (bundle) =>
    readPart(source, bundle),
  )
  for await (const part of parts) {
    findings.push(...part.findings)
    for (const tile of tree.add(part.leafHashes)) {
      findings.push(...(await checkTile(source, tile)))
    }
    checkedCount += part.leafHashes.length
    options.onProgress?.({ checkedCount, size })
    if (findings.length >= FINDINGS_MAX_COUNT) {
      return verdictOn({ findings, head, checkedCount, complete: false })
    }
  }
  for (const tile of tree.partialTiles()) findings.push(...(await checkTile(source, tile)))
  const rebuilt = tree.root()
  if (rebuilt !== undefined && !sameBytes(rebuilt, root)) findings.push(ROOT_MISMATCH)
  return verdictOn({ findings, head, checkedCount, complete: true })
}

function verdictOn(state: Omit<AuditVerdict, 'ok'>): AuditVerdict {
  const findings = state.findings.slice(0, FINDINGS_MAX_COUNT)
  return { ...state, ok: state.complete && findings.length === 0, findings }
}

/** Up to 256 entries as one step of the audit. */
interface Part {
  /** From the entries; from the tile where they cannot be read; else undefined. */
  readonly leafHashes: readonly RebuiltHash[]
  readonly findings: readonly Finding[]
}

/** Reads a bundle and its tile, and compares them. */
async function readPart(source: TileSource, bundle: EntryTile): Promise<Part> {
  const { index, width } = bundle
  const tile = { kind: 'hashes', level: 0, index, width } as const
  const [entries, stored] = await Promise.all([
    readEntryTile(source, bundle),
    readHashTile(source, tile),
  ])
  if (entries.ok) {
    const leafHashes = entries.value.map(leafHash)
    return { leafHashes, findings: compareTile({ level: 0, index, hashes: leafHashes }, stored) }
  }
  const unknown = Array.from({ length: width }, () => undefined)
  return stored.ok
    ? { leafHashes: stored.value, findings: entries.findings }
    : { leafHashes: unknown, findings: [...entries.findings, ...stored.findings] }
}

/** Compares a tile above the leaves with the one that the log has. */
async function checkTile(source: TileSource, tile: RebuiltTile): Promise<readonly Finding[]> {
  return compareTile(tile, await readHashTile(source, hashTileOf(tile)))
}

function compareTile(
  rebuilt: RebuiltTile,
  stored: Parsed<readonly Uint8Array[]>,
): readonly Finding[] {
  if (!stored.ok) return stored.findings
  const wrong = [...rebuilt.hashes.entries()].flatMap(([at, hash]) =>
    hash === undefined || sameBytes(hash, stored.value[at]) ? [] : [at],
  )
  if (wrong.length === 0) return []
  const what = rebuilt.level === 0 ? 'the entries in its bundle' : 'the tiles below it'
  return [
    {
      code: 'tile-mismatch',
      where: `${formatTilePath(hashTileOf(rebuilt))}, hash ${wrong[0]}`,
      message: `The tile has ${wrong.length} hashes that are not those of ${what}: one of the two was altered.`,
    },
  ]
}

function hashTileOf({ level, index, hashes }: RebuiltTile): HashTile {
  return { kind: 'hashes', level, index, width: hashes.length }
}

const ROOT_MISMATCH: Finding = {
  code: 'root-mismatch',
  where: HEAD_PATH,
  message:
    'The entries have another root than the head that was signed: the log was altered. Keep a copy of both.',
}
