import { goals } from './goals.ts'
import { figureLine, ratioLine, referenceLine, type Line } from './lines.ts'
import type { MeasuredLog } from './measure-log.ts'
import { figureOf, samplesOf } from './rounds.ts'

/** Proofs in process: what one costs, how long the slowest of a hundred takes, and audits of the whole log. */
export function logLines(size: string, { block, audited }: MeasuredLog): readonly Line[] {
  const latest = 'latest, in process'
  return [
    referenceLine(block, latest, size),
    ratioLine({
      name: 'inclusion proof, hot',
      size,
      block,
      measures: ['proof, hot', latest],
      number: (sample) => 1 / sample.perSecond,
      goal: goals.inclusionProof,
    }),
    ...['proof, hot', 'proof, any entry'].map((name) =>
      figureLine({
        name: `p99 of ${name}`,
        size,
        figure: figureOf(samplesOf(block, name).map((sample) => sample.p99Ms)),
        against: 'milliseconds',
        goal: goals.proofTail,
      }),
    ),
    ...(audited === undefined
      ? []
      : [
          figureLine({
            name: 'audit of the log',
            size,
            figure: audited,
            against: 'entries/s',
            goal: goals.audit,
          }),
        ]),
  ]
}
