import { resolve } from 'node:path'
import process from 'node:process'
import { command } from '../command.ts'
import { optional, required } from '../flag.ts'
import { readCount, readText } from '../flag-values.ts'
import { loadServer } from '../server-config.ts'
import { write } from '../session.ts'
import { drawFacts } from '../table.ts'
import { untilStopped } from '../until-stopped.ts'

const DEFAULT_DIRECTORY = '.cairn-witness'
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 7421

export const witness = command({
  words: 'witness',
  summary: 'cosign the logs of others as a C2SP witness',
  heading: 'Server',
  details:
    'Runs a witness until SIGINT or SIGTERM. It keeps its key and the newest head of each log in its folder: without that memory it could cosign a log that was rewritten, so it belongs on another machine than the catalog, and never comes from an old copy. What it is sent needs no token, because the log has signed it.',
  takes: {
    logs: required(
      {
        usage: '--logs <file>',
        summary: 'C2SP policy file whose "log" lines say which logs it knows',
      },
      readText,
    ),
    name: optional(
      {
        usage: '--name <name>',
        summary: 'a URL without scheme, in its key for good; needed on the first start',
      },
      readText,
    ),
    directory: optional(
      {
        usage: '--data-dir <folder>',
        summary: `folder of its key and memory; default ${DEFAULT_DIRECTORY}`,
      },
      readText,
    ),
    host: optional(
      { usage: '--host <host>', summary: `address to listen on; default ${DEFAULT_HOST}` },
      readText,
    ),
    port: optional(
      {
        usage: '--port <port>',
        summary: `port; 0 takes a free one; default ${DEFAULT_PORT}`,
      },
      readCount(0, 65_535),
    ),
  },
  run: async (session, values) => {
    const { startWitness } = await loadServer()
    const directory = resolve(values.directory ?? DEFAULT_DIRECTORY)
    const stopped = untilStopped()
    const running = await startWitness({
      directory,
      name: values.name,
      logsFile: values.logs,
      host: values.host ?? DEFAULT_HOST,
      port: values.port ?? DEFAULT_PORT,
      nowMs: Date.now,
    })
    try {
      const { url, verifierKey, origins } = running
      const ready = { url, pid: process.pid, directory, verifierKey, origins }
      const facts = drawFacts(session.outputScreen, [
        ['witness', url],
        ['data', directory],
        ['logs', origins.join('\n')],
      ])
      const text = `${facts}\n\nThe line for the policy of a log:\nwitness <name> ${verifierKey} ${url}\n\nCtrl-C stops it.`
      await write(session.output, `${session.json ? JSON.stringify(ready) : text}\n`)
      await stopped
    } finally {
      await running.close()
    }
    return undefined
  },
})
