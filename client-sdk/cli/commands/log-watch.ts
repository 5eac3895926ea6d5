import { setTimeout } from 'node:timers/promises'
import { isCatalogError } from '../../../schema/errors.ts'
import type { TreeHead } from '../../../schema/transparency/tree-head.ts'
import { openHeadFolder } from '../../stores/head-folder.ts'
import { acceptHead, type HeadOffer } from '../../verify/accept-head.ts'
import { gatherEvidence, isMerelyOlder, type HeadEvidence } from '../../verify/head-evidence.ts'
import { openTileProofs } from '../../verify/tile-nodes.ts'
import type { TileSource } from '../../verify/tile-source.ts'
import { printHead } from '../audit-report.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { keepEvidence } from '../evidence-file.ts'
import { drawVerdict } from '../finding-columns.ts'
import { optional, required } from '../flag.ts'
import { readCount, readText } from '../flag-values.ts'
import { readTrust, trustFlags } from '../log-trust.ts'
import { plainText } from '../plain-text.ts'
import { parseDurationSeconds } from '../quantity.ts'
import { write, type Session } from '../session.ts'

const EVERY_DEFAULT_SECONDS = 30

/** Timers of the runtime hold 31 bits of milliseconds. */
const EVERY_MAX_SECONDS = 2_000_000

/** What became of one look at the log. */
type Look =
  | { readonly kind: 'accepted'; readonly head: TreeHead }
  /** The log, or what lies between, did not answer: the next look tells. */
  | { readonly kind: 'missed'; readonly why: string }
  | { readonly kind: 'refused'; readonly evidence: HeadEvidence }

/** How long to watch, and where to keep what was seen. */
interface Watch {
  readonly source: TileSource
  readonly offer: Omit<HeadOffer, 'signedHead'>
  readonly everySeconds: number
  /** Looks at the log, the first included. */
  readonly count: number
}

export const logWatch = command({
  words: 'log watch',
  summary: 'follow the signed tree heads, and demand that each continues the last',
  heading: 'Records',
  details:
    'Remembers the newest head in a folder, also between runs. Ends with exit code 8 when the log contradicts itself, and keeps both signed heads in that folder as evidence. With --json the one document comes at the end.',
  takes: {
    memory: required(
      { usage: '--memory <folder>', summary: 'where heads are remembered; made when missing' },
      readText,
    ),
    everySeconds: optional(
      {
        usage: '--every <time>',
        summary: `pause between looks; default ${EVERY_DEFAULT_SECONDS}s`,
      },
      readPause,
    ),
    count: optional(
      { usage: '--count <count>', summary: 'looks before it ends; default until it is stopped' },
      readCount(1, Number.MAX_SAFE_INTEGER),
    ),
    ...trustFlags,
    ...connection,
  },
  run: async (session, values) => {
    const trust = await readTrust(values)
    const client = await openClient(session, values)
    const { memory: directory, everySeconds = EVERY_DEFAULT_SECONDS } = values
    const memory = await openHeadFolder({ directory })
    const source = client.log.tiles()
    const last = await watch(session, {
      source,
      offer: { ...trust, memory, proofs: openTileProofs(source) },
      everySeconds,
      count: values.count ?? Number.MAX_SAFE_INTEGER,
    })
    if (last.kind !== 'refused') {
      const head = last.kind === 'accepted' ? printHead(last.head) : undefined
      const missed = last.kind === 'missed' ? last.why : undefined
      return {
        document: { ok: head !== undefined, head: head ?? null, missed: missed ?? null },
        hasFindings: head === undefined,
        text: () => '',
      }
    }
    const { findings } = last.evidence
    // Whoever has another key than the log's has no evidence against it.
    const isStranger = findings.every((finding) => finding.code === 'signature-unknown')
    const path = isStranger ? undefined : await keepEvidence(directory, last.evidence)
    return {
      document: { ok: false, findings, ...(path === undefined ? {} : { evidence: path }) },
      hasFindings: true,
      text: (screen) => drawVerdict(screen, [['evidence', path]], findings),
    }
  },
})

/** Looks again and again; ends at the first head that is refused. */
async function watch(session: Session, { source, offer, ...how }: Watch): Promise<Look> {
  let last: Look = { kind: 'missed', why: 'Nothing was looked at.' }
  for (let looks = 0; looks < how.count; looks += 1) {
    if (looks > 0) await setTimeout(how.everySeconds * 1000)
    const before = last
    last = await look(source, offer)
    if (last.kind === 'refused') return last
    await tell(session, last, before)
  }
  return last
}

async function look(source: TileSource, offer: Omit<HeadOffer, 'signedHead'>): Promise<Look> {
  const read = await readQuietly(source)
  if ('why' in read) return { kind: 'missed', why: read.why }
  const whole: HeadOffer = { ...offer, signedHead: read.signedHead }
  const acceptance = await acceptHead(whole)
  if (acceptance.ok) return { kind: 'accepted', head: acceptance.head }
  const { findings } = acceptance
  const [first] = findings
  if (isMerelyOlder(acceptance) || findings.every((one) => one.code === 'source-failed')) {
    return { kind: 'missed', why: first?.message ?? 'The head was not accepted.' }
  }
  return { kind: 'refused', evidence: await gatherEvidence(whole, acceptance) }
}

/** The newest signed head, or why there is none now. */
async function readQuietly(
  source: TileSource,
): Promise<{ readonly signedHead: string } | { readonly why: string }> {
  try {
    return { signedHead: new TextDecoder().decode(await source.read('checkpoint')) }
  } catch (error) {
    if (!isCatalogError(error) || !error.retryable) throw error
    return { why: error.message }
  }
}

/** Says what is new; a document at the end says it all to a program. */
async function tell(session: Session, now: Look, before: Look): Promise<void> {
  if (session.json) return
  if (now.kind === 'missed') {
    await write(session.errors, `cairn: ${plainText(now.why)}\n`)
    return
  }
  if (now.kind !== 'accepted') return
  const { size, root } = printHead(now.head)
  if (before.kind === 'accepted' && before.head.size === size) return
  await write(session.output, `${size}  ${root}\n`)
}

function readPause(text: string): number {
  const seconds = parseDurationSeconds(text)
  return Math.min(Math.max(1, seconds), EVERY_MAX_SECONDS)
}
