import type { Receipt } from '../../api.ts'
import { CatalogError } from '../../../schema/errors.ts'
import type { CheckpointResult } from '../../checkpoint-result.ts'
import { openStore, s3Flags, STORE_USAGE } from '../blob-stores.ts'
import { command } from '../command.ts'
import { openClient } from '../connection.ts'
import { optional, repeated } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { readJsonInput } from '../input-file.ts'
import { checkpointOf, manifestFlags, parseManifest } from '../manifest-flags.ts'
import { findRun, runReference } from '../run-reference.ts'
import type { Screen } from '../screen.ts'
import type { Report } from '../session.ts'
import { spoolConnection, withClient } from '../spool-folder.ts'
import { storeFiles } from '../store-files.ts'
import { drawFacts } from '../table.ts'

export const register = command({
  words: 'register',
  summary: 'register a checkpoint, from a manifest or from files',
  heading: 'Jobs',
  details:
    'With a manifest, registers it as it is. With --run or --run-file and --step, puts the files into the store and registers a checkpoint of a job that is one worker. With --spool the checkpoint is on disk first and waits there while the catalog is away; the answer says "spooled". Exit code 8: the spool was full and the checkpoint is lost to the catalog.',
  takes: {
    manifest: optional(
      { usage: '[manifest]', summary: 'a manifest as JSON, instead of flags; "-" is stdin' },
      readText,
    ),
    ...runReference,
    ...manifestFlags,
    files: repeated(
      { usage: '--file <path...>', summary: 'files of the state, by their names' },
      readText,
    ),
    store: optional(
      { usage: '--store <store>', summary: `where their bytes go: ${STORE_USAGE}` },
      readText,
    ),
    ...s3Flags,
    ...spoolConnection,
  },
  run: async (session, values) => {
    const { manifest: path, files, store: storeText } = values
    if (path !== undefined) {
      refuseFlagsBeside(values)
      const manifest = parseManifest(await readJsonInput(path))
      const client = await openClient(session, values, { namespace: manifest.namespace })
      const receipt = await client.checkpoints.register(manifest)
      return reportResult({ status: 'registered', checkpoint: receipt.checkpoint, receipt })
    }
    const input = checkpointOf(values)
    if (files.length > 0 && storeText === undefined) {
      throw new CatalogError('INVALID_REQUEST', '--store is missing: it says where the files go.')
    }
    return await withClient(session, values, async (client) => {
      // Before any byte is stored: a run that is unknown is the likelier mistake.
      const handle = client.runs.handle(await findRun(client, values))
      const blobs =
        storeText === undefined
          ? []
          : await storeFiles(session, await openStore(session, storeText, values), files)
      return reportResult(await handle.checkpoint({ ...input, blobs }))
    })
  },
})

function refuseFlagsBeside(values: {
  readonly run: string | undefined
  readonly runFile: string | undefined
  readonly step: number | undefined
  readonly spool: string | undefined
  readonly files: readonly string[]
}): void {
  const { run, runFile, step, spool, files } = values
  if (files.length === 0 && [run, runFile, step, spool].every((value) => value === undefined)) {
    return
  }
  throw new CatalogError(
    'INVALID_REQUEST',
    'A manifest says everything itself: give it, or --run, --run-file, --step, --file and --spool.',
  )
}

function reportResult(result: CheckpointResult): Report {
  switch (result.status) {
    case 'registered':
      return {
        document: result,
        text: (screen) => drawReceipt(screen, result.receipt),
      }
    case 'spooled': {
      const { status, checkpoint, reason } = result
      const why = reason === undefined ? {} : { code: reason.code, detail: reason.message }
      return {
        document: { status, checkpoint, ...(reason === undefined ? {} : { reason: why }) },
        text: (screen) =>
          drawFacts(screen, [
            ['spooled', checkpoint],
            ['because', reason?.code],
            ['send with', '"cairn spool flush", or the next checkpoint'],
          ]),
      }
    }
    case 'dropped':
      return {
        document: result,
        hasFindings: true,
        text: (screen) =>
          drawFacts(screen, [
            ['dropped', result.checkpoint],
            ['because', 'the spool is full'],
            ['gap', result.gap?.count],
          ]),
      }
  }
}

function drawReceipt(screen: Screen, receipt: Receipt): string {
  return drawFacts(screen, [
    ['registered', receipt.checkpoint],
    ['index', receipt.index],
    ['at', receipt.at],
  ])
}
