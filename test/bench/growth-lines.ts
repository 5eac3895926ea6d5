import { goals, type Goal } from './goals.ts'
import { figureLine, type Line } from './lines.ts'
import type { MeasuredSize } from './measure-size.ts'
import type { SizeName } from './options.ts'
import { figureOf, ratioOf, VARIATION_MAX, type Block } from './rounds.ts'

/** One measure whose cost may grow with the catalog. */
interface Growing {
  readonly name: string
  readonly block: 'reads' | 'writes' | 'batches'
  readonly measures: readonly [string, string]
  readonly goal: Goal
}

const growing: readonly Growing[] = [
  { name: 'latest', block: 'reads', measures: ['latest', 'ping'], goal: goals.latestGrowth },
  { name: 'get', block: 'reads', measures: ['get', 'ping'], goal: goals.readGrowth },
  { name: 'plan', block: 'reads', measures: ['plan', 'ping'], goal: goals.readGrowth },
  { name: 'list 50', block: 'reads', measures: ['list 50', 'ping'], goal: goals.readGrowth },
  { name: 'register', block: 'writes', measures: ['register', 'echo'], goal: goals.writeGrowth },
  { name: 'batch', block: 'batches', measures: ['batch', 'raw'], goal: goals.writeGrowth },
]

/**
 * How much more each costs at the largest size than at a smaller one, each relative to its reference of
 * the same minutes. The smallest size has chains and pages that are too short to compare with, so reads
 * are compared from 100k on where a larger size was measured.
 */
export function growthLines(measured: ReadonlyMap<SizeName, MeasuredSize>): readonly Line[] {
  const names = [...measured.keys()]
  const last = names.at(-1)
  if (last === undefined || names.length < 2) return []
  return growing.map((one) => {
    const first =
      one.block === 'reads' && last === '1m' && names.includes('100k') ? '100k' : names[0]
    const small = blockOf(measured, first, one)
    const large = blockOf(measured, last, one)
    const cheap = ratioOf(small, one.measures)
    const dear = ratioOf(large, one.measures)
    const { middle } = figureOf([cheap.middle / dear.middle])
    return figureLine({
      name: `growth of ${one.name}`,
      size: `${first} → ${last}`,
      figure: { middle, low: cheap.low / dear.high, high: cheap.high / dear.low },
      against: 'smaller size',
      goal: one.goal,
      isValid: Math.max(small.variation, large.variation) <= VARIATION_MAX,
    })
  })
}

function blockOf(
  measured: ReadonlyMap<SizeName, MeasuredSize>,
  size: SizeName | undefined,
  { block }: Growing,
): Block {
  const found = size === undefined ? undefined : measured.get(size)?.blocks[block]
  if (found === undefined) throw new Error(`${block} was not measured at ${size}`)
  return found
}
