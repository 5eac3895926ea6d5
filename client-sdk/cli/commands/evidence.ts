import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { optional, required } from '../flag.ts'
import { readChoice, readDigest, readText } from '../flag-values.ts'
import { drawFacts } from '../table.ts'

const digestPosition = required({ usage: '<digest>', summary: 'the checkpoint' }, readDigest)
const note = optional({ usage: '--note <text>', summary: 'why, for people' }, readText)

const evidence = command({
  words: 'evidence',
  summary: "record a finding about a checkpoint's bytes",
  heading: 'Recovery',
  details:
    'A pass raises the grade to its finding. A failure makes the checkpoint, and every delta on it, not good until a later pass.',
  takes: {
    digest: digestPosition,
    finding: required(
      { usage: '--finding <finding>', summary: 'present, verified or restored' },
      readChoice('present', 'verified', 'restored'),
    ),
    outcome: required(
      { usage: '--outcome <outcome>', summary: 'passed or failed' },
      readChoice('passed', 'failed'),
    ),
    method: required(
      { usage: '--method <method>', summary: 'how it was found out, such as sha256sum' },
      readText,
    ),
    note,
    ...connection,
  },
  run: async (session, values) => {
    const { digest, finding, outcome, method } = values
    const client = await openClient(session, values)
    const recorded = await client.checkpoints.recordEvidence(
      digest,
      defined({ finding, outcome, method, note: values.note }),
    )
    return {
      document: recorded,
      text: (screen) =>
        drawFacts(screen, [
          ['checkpoint', recorded.checkpoint],
          ['finding', `${recorded.finding} ${recorded.outcome}`],
          ['method', recorded.method],
          ['index', recorded.index],
        ]),
    }
  },
})

const tombstone = command({
  words: 'tombstone',
  summary: 'withdraw a checkpoint, for good',
  heading: 'Recovery',
  details:
    'Final: nothing takes a tombstone back. Refused, with exit code 4, while a live delta needs the checkpoint.',
  takes: {
    digest: digestPosition,
    reason: required(
      {
        usage: '--reason <reason>',
        summary: 'superseded, corrupt, wrong-input, wrong-code, policy or other',
      },
      readChoice('superseded', 'corrupt', 'wrong-input', 'wrong-code', 'policy', 'other'),
    ),
    successor: optional(
      { usage: '--successor <digest>', summary: 'the checkpoint to use instead' },
      readDigest,
    ),
    note,
    ...connection,
  },
  run: async (session, values) => {
    const { digest, reason, successor } = values
    const client = await openClient(session, values)
    const recorded = await client.checkpoints.tombstone(
      digest,
      defined({ reason, successor, note: values.note }),
    )
    return {
      document: recorded,
      text: (screen) =>
        drawFacts(screen, [
          ['withdrawn', recorded.checkpoint],
          ['reason', recorded.reason],
          ['successor', recorded.successor],
          ['index', recorded.index],
        ]),
    }
  },
})

export const findingCommands = [evidence, tombstone] as const
