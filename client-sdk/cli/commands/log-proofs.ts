import { parseSignedNote } from '../../../schema/transparency/signed-note.ts'
import { parseTreeHead } from '../../../schema/transparency/tree-head.ts'
import { openTileFolder } from '../../stores/tile-folder.ts'
import { checkCheckpoint } from '../../verify/check-checkpoint.ts'
import { checkHead, type TrustRoot } from '../../verify/check-head.ts'
import { printHead, reportAudit } from '../audit-report.ts'
import { isS3, openTilesInS3, s3Flags } from '../blob-stores.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { drawVerdict } from '../finding-columns.ts'
import { optional, required } from '../flag.ts'
import { readDigest, readText } from '../flag-values.ts'
import { readInput } from '../input-file.ts'
import { isTrustGiven, readTrust, trustFlags } from '../log-trust.ts'
import { oneOfTwo, parseReceiptFile, RECEIPT_MAX_BYTES } from '../receipt-file.ts'
import type { Report } from '../session.ts'
import { drawFacts } from '../table.ts'

/** The largest document that a catalog takes. */
const MANIFEST_MAX_BYTES = 8 * 1024 * 1024

const head = command({
  words: 'log head',
  summary: 'get the newest signed tree head',
  heading: 'Records',
  details:
    'Prints the signed note as it came. With --key or --policy its signatures are checked; exit code 8 when they do not hold.',
  takes: { ...trustFlags, ...connection },
  run: async (session, values) => {
    const trust = isTrustGiven(values) ? await readTrust(values) : undefined
    const signedHead = await (await openClient(session, values)).log.head()
    const verdict = trust && (await checkHead(signedHead, trust))
    const note = parseSignedNote(signedHead)
    const read = note.ok ? parseTreeHead(note.value.text) : note
    const findings = verdict?.findings ?? (read.ok ? [] : read.findings)
    return {
      document: {
        signedHead,
        ...(read.ok ? printHead(read.value) : {}),
        checked: verdict !== undefined,
        findings,
      },
      hasFindings: findings.length > 0,
      text: (screen) =>
        verdict === undefined && findings.length === 0
          ? signedHead.trimEnd()
          : `${signedHead}\n${drawVerdict(screen, [], findings)}`,
    }
  },
})

const keys = command({
  words: 'log keys',
  summary: "show the log's origin and verifier keys, as it says itself",
  heading: 'Records',
  details:
    'Pin a key only when it agrees with what the operator has published elsewhere: a log that lies would lie about its keys too.',
  takes: { ...connection },
  run: async (session, values) => {
    const found = await (await openClient(session, values)).log.keys()
    return {
      document: found,
      text: (screen) =>
        drawFacts(screen, [
          ['origin', found.origin],
          ...found.keys.map((key) => ['key', key] as const),
        ]),
    }
  },
})

const prove = command({
  words: 'log prove',
  summary: 'get the proof that a checkpoint is recorded',
  heading: 'Records',
  details:
    'Prints the C2SP tlog-proof. With --json it prints the whole receipt, entry included, which "cairn log verify" takes as a file.',
  takes: {
    digest: required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest),
    ...connection,
  },
  run: async (session, values) => {
    const receipt = await (await openClient(session, values)).log.receipt(values.digest)
    return { document: receipt, text: () => receipt.proof.trimEnd() }
  },
})

const verify = command({
  words: 'log verify',
  summary: 'check a receipt, or a log in a folder or a bucket, without any server',
  heading: 'Records',
  details:
    'Takes a receipt that "cairn log prove --json" printed ("-" is stdin), or with --folder a log as C2SP tiles: every entry, every tile and the signed root. Lists all that is wrong; exit code 8 if anything is.',
  takes: {
    receipt: optional({ usage: '[receipt]', summary: 'a receipt file' }, readText),
    folder: optional(
      {
        usage: '--folder <folder>',
        summary: 'a log as C2SP tiles: a folder, or s3://bucket/prefix',
      },
      readText,
    ),
    manifest: optional(
      { usage: '--manifest <path>', summary: "the manifest's exact bytes, to check them too" },
      readText,
    ),
    ...trustFlags,
    ...s3Flags,
  },
  run: async (session, values) => {
    const { receipt, folder, manifest } = values
    if ((receipt === undefined) === (folder === undefined)) throw oneOfTwo()
    const trust = await readTrust(values)
    if (folder !== undefined) {
      const log = isS3(folder)
        ? await openTilesInS3(session, folder, values)
        : openTileFolder({ directory: folder })
      return reportAudit(session, log, trust)
    }
    const text = await readInput(receipt ?? '', RECEIPT_MAX_BYTES)
    const bytes = manifest && Buffer.from(await readInput(manifest, MANIFEST_MAX_BYTES))
    return reportReceipt(text, trust, bytes === '' ? undefined : bytes)
  },
})

const audit = command({
  words: 'log audit',
  summary: 'check the whole log of a catalog, entry by entry',
  heading: 'Records',
  details:
    'Reads every entry and tile, makes the root anew and compares it with the signed one. Needs a token with read and audit on the namespace. Lists all that is wrong; exit code 8 if anything is, and 6 if the catalog could not be read to its end and nothing else was wrong.',
  takes: { ...trustFlags, ...connection },
  run: async (session, values) => {
    const trust = await readTrust(values)
    const client = await openClient(session, values)
    return reportAudit(session, client.log.tiles(), trust)
  },
})

async function reportReceipt(
  text: string,
  trust: TrustRoot,
  manifest: Uint8Array | undefined,
): Promise<Report> {
  const receipt = parseReceiptFile(text)
  if (!receipt.ok) return verdictReport({}, receipt.findings)
  const { checkpoint, index, entry, proof: tlogProof } = receipt.value
  const verdict = await checkCheckpoint({
    ...trust,
    entry,
    tlogProof,
    checkpoint,
    ...(manifest === undefined ? {} : { manifest }),
  })
  if (!verdict.ok) return verdictReport({ checkpoint }, verdict.findings)
  if (verdict.index !== index) {
    const message = `The proof is about index ${verdict.index}, not ${index}.`
    return verdictReport({ checkpoint }, [{ code: 'entry-mismatch', where: 'index', message }])
  }
  return verdictReport({ checkpoint, index, ...printHead(verdict.head) }, [])
}

function verdictReport(
  facts: Readonly<Record<string, string | number>>,
  findings: Parameters<typeof drawVerdict>[2],
): Report {
  const ok = findings.length === 0
  return {
    document: { ok, ...facts, findings },
    hasFindings: !ok,
    text: (screen) => drawVerdict(screen, Object.entries(facts), findings),
  }
}

export const logProofCommands = [head, keys, prove, verify, audit] as const
