import { openLedger } from './acknowledged.ts'
import { openLine, type LineOptions } from './write-line.ts'

/** What a client process is told on its command line, as JSON. */
export interface ClientOptions extends Omit<
  LineOptions,
  'job' | 'partition' | 'ledger' | 'isStopped'
> {
  readonly name: string
  readonly ledgerFile: string
}

/** Lines that one client works on at the same time: its requests share transactions of the log. */
const LINE_COUNT = 3

const options = JSON.parse(process.argv[2] ?? '') as ClientOptions
const ledger = openLedger(options.ledgerFile)
let stopped = false
process.once('message', () => {
  stopped = true
})
const leaveOrphaned = (): never => process.exit(1)
process.once('disconnect', leaveOrphaned)

const lines = Array.from({ length: LINE_COUNT }, (_, number) =>
  openLine({
    ...options,
    job: options.name,
    partition: `part-${number}`,
    seed: `${options.seed}/${options.name}/${number}`,
    ledger: {
      add: (promises) => {
        ledger.add(promises)
        process.send?.({ acknowledgedCount: promises.length })
      },
      close: () => undefined,
    },
    isStopped: () => stopped,
  }),
)

try {
  await Promise.all(lines.map((line) => line.work()))
} catch (error) {
  process.send?.({ violation: error instanceof Error ? error.message : String(error) })
}
ledger.close()
process.off('disconnect', leaveOrphaned)
process.disconnect()
