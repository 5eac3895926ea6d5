import { formatVerifierKey } from '../../../schema/transparency/verifier-key.ts'
import { command } from '../command.ts'
import { namespaceOf } from '../connection.ts'
import { optional, required } from '../flag.ts'
import { readCount, readName, readText } from '../flag-values.ts'
import { formatCount } from '../quantity.ts'
import { requireCatalog } from '../require-catalog.ts'
import {
  configOf,
  dataDirectory,
  explainFailure,
  loadServer,
  type ConfigFlags,
  type Server,
} from '../server-config.ts'
import type { Report, Session } from '../session.ts'
import { drawTable } from '../table.ts'

/** Digits of a public key that tell it from others. */
const KEY_DIGITS = 16

const namespace = optional(
  {
    usage: '--namespace <namespace>',
    summary: 'whose verifier keys to show; default CAIRN_NAMESPACE, or "default"',
  },
  readName,
)

const takes = { namespace, dataDirectory }

/** The keys that sign tree heads, on the machine that has them. */
export const keysCommands = [
  command({
    words: 'keys list',
    summary: 'list the keys that sign the logs of a catalog on this machine',
    heading: 'Server',
    details:
      'Makes the first key if there is none. Give the verifier keys to whoever checks the log, on a way that does not lead through the catalog.',
    takes,
    run: (session, values) =>
      withKeys(session, values, (server, { logKeys }) => server.openLogKeys(logKeys, Date.now())),
  }),
  command({
    words: 'keys rotate',
    summary: 'add a key, which signs beside the older ones',
    heading: 'Server',
    details:
      'A server signs with it once it has been started again, and each log then says so. Retire the old key when everybody knows the new one.',
    takes,
    run: (session, values) =>
      withKeys(session, values, (server, { logKeys }) => server.rotateLogKeys(logKeys, Date.now())),
  }),
  command({
    words: 'keys retire',
    summary: 'end the signing of a key',
    heading: 'Server',
    details:
      'What it has signed stays good. A server stops signing with it once it has been started again.',
    takes: {
      key: required(
        { usage: '<key>', summary: 'its first digits, as "keys list" shows' },
        readText,
      ),
      ...takes,
    },
    run: (session, values) =>
      withKeys(session, values, (server, { logKeys }) =>
        server.retireLogKey(logKeys, values.key, Date.now()),
      ),
  }),
  command({
    words: 'keys remember',
    summary:
      "take a log as the database has it, when the signer's memory or the newest entries are lost",
    heading: 'Server',
    details:
      'For a server that refuses writes because its memory knows nothing of a log, which is then taken as the newest. Where the memory has a later head than the database, run "cairn log repair" first; what is nowhere any more is given up with --lose and the number of entries, which the command names. New entries then take their indexes: receipts of the lost ones, and heads that clients and witnesses remember, contradict the log from there on, and each of those who have them must be told.',
    takes: {
      lose: optional(
        { usage: '--lose <count>', summary: 'give up exactly so many entries that were signed' },
        readCount(1, Number.MAX_SAFE_INTEGER),
      ),
      ...takes,
    },
    run: async (session, flags) => {
      const { rememberLog } = await loadServer()
      const config = await configOf(session, flags)
      requireCatalog(config)
      try {
        const document = await rememberLog(
          config,
          namespaceOf(session, flags.namespace),
          flags.lose,
        )
        return { document, text: () => rememberedText(document) }
      } catch (error) {
        throw explainFailure(error, config)
      }
    },
  }),
]

/** What is remembered now, and what is lost. */
function rememberedText({ origin, size, lostCount }: Remembered): string {
  const entries = `${formatCount(size, 'entry', 'entries')} of ${origin} are remembered.`
  if (lostCount === 0) return entries
  const lost = `Entries ${size} to ${size + lostCount - 1} are lost, and new ones take their indexes.`
  return `${entries} ${lost}\nReceipts of those entries prove nothing about this log any more. Clients, witnesses and published copies that have a head of more than ${size} entries report a contradiction (LOG_CONTRADICTED, LOG_ROLLED_BACK) until they forget it: tell those who have them, publish to a new folder, and register again what is still needed.`
}

type Remembered = Awaited<ReturnType<Server['rememberLog']>>

type LogKeys = ReturnType<Server['openLogKeys']>

interface KeysFlags extends ConfigFlags {
  readonly namespace: string | undefined
}

async function withKeys(
  session: Session,
  flags: KeysFlags,
  use: (server: Server, config: ReturnType<Server['parseConfig']>) => LogKeys,
): Promise<Report> {
  const server = await loadServer()
  const config = await configOf(session, flags)
  const name = namespaceOf(session, flags.namespace)
  try {
    return reportOf(server, use(server, config), name)
  } catch (error) {
    throw explainFailure(error, config)
  }
}

function reportOf(server: Server, { base, keys: all }: LogKeys, name: string): Report {
  const origin = server.originIn(base, name)
  const keys = all.map((key) => ({
    key: server.hexOf(key).slice(0, KEY_DIGITS),
    state: key.retiredAt === undefined ? 'signs' : 'retired',
    createdAt: key.createdAt,
    ...(key.retiredAt === undefined ? {} : { retiredAt: key.retiredAt }),
    verifierKey: formatVerifierKey(server.verifierKeyIn(origin, key)),
  }))
  return {
    document: { origin, keys },
    text: (screen) => {
      const table = drawTable(
        screen,
        [
          { title: 'KEY', value: (row) => row.key },
          { title: 'STATE', value: (row) => row.state },
          { title: 'SINCE', value: (row) => row.createdAt },
          { title: 'VERIFIER KEY', value: (row) => row.verifierKey, ownLine: true },
        ],
        keys,
      )
      return `${table}\n\n${formatCount(keys.length, 'key')} of ${origin}.`
    },
  }
}
