/** Longest text on which a format's pattern is tried: its schema must say so with `maxLength`. */
export const PATTERN_TEXT_MAX_LENGTH = 256

/** Longest pattern: longer ones are nobody's to read. */
const PATTERN_MAX_LENGTH = 1_024

/** What stands for one character: itself, an escape, a class, or any. */
const character =
  /^(?:\\[dDwWsSntr.\\/^$*+?()[\]{}|-]|\[\^?(?:[^[\]\\]|\\[dDwWsSntr\\/^\]-])+\]|[^\\^$*+?()[\]{}|])/u

const counted = /^\{(\d{1,3})(?:,(\d{1,3})?)?\}/

/** A pattern that is being read. */
interface Reading {
  readonly text: string
  at: number
}

/**
 * The most ways in which a backtracking engine may go through a text of {@link PATTERN_TEXT_MAX_LENGTH}
 * characters; undefined for a pattern that this cannot bound: repeated groups, lookaround, back-references.
 */
export function patternCost(pattern: string): number | undefined {
  if (pattern.length > PATTERN_MAX_LENGTH) return undefined
  const isAnchored = pattern.startsWith('^')
  const end = pattern.endsWith('$') && !pattern.endsWith('\\$') ? pattern.length - 1 : undefined
  const reading = { text: pattern.slice(isAnchored ? 1 : 0, end), at: 0 }
  const found = readAlternatives(reading, 0)
  if (found === undefined || reading.at < reading.text.length) return undefined
  // `^a|b` anchors its first alternative only.
  return isAnchored && found.count === 1 ? found.ways : found.ways * PATTERN_TEXT_MAX_LENGTH
}

/** Groups within groups: far more than a pattern that anyone can read. */
const GROUPS_MAX_DEPTH = 8

function readAlternatives(
  reading: Reading,
  depth: number,
): { readonly ways: number; readonly count: number } | undefined {
  if (depth > GROUPS_MAX_DEPTH) return undefined
  let [ways, count] = [0, 0]
  do {
    if (count > 0) reading.at += 1
    const found = readSequence(reading, depth)
    if (found === undefined) return undefined
    ways += found
    count += 1
  } while (reading.text[reading.at] === '|')
  return { ways, count }
}

function readSequence(reading: Reading, depth: number): number | undefined {
  let ways = 1
  while (reading.at < reading.text.length && !'|)'.includes(reading.text[reading.at] ?? '')) {
    const found =
      reading.text[reading.at] === '(' ? readGroup(reading, depth) : readCharacter(reading)
    if (found === undefined) return undefined
    ways *= found
  }
  return ways
}

/** A group, which may be optional and is never repeated: what is in it could be split in too many ways. */
function readGroup(reading: Reading, depth: number): number | undefined {
  const { text } = reading
  reading.at += text.startsWith('(?:', reading.at) ? 3 : 1
  if (text[reading.at] === '?') return undefined
  const inner = readAlternatives(reading, depth + 1)
  if (inner === undefined || text[reading.at] !== ')') return undefined
  reading.at += 1
  if (text[reading.at] !== '?') return inner.ways
  reading.at += 1
  return isRepeat(text[reading.at]) ? undefined : inner.ways + 1
}

function readCharacter(reading: Reading): number | undefined {
  const found = character.exec(reading.text.slice(reading.at))?.[0]
  if (found === undefined) return undefined
  reading.at += found.length
  const times = readTimes(reading)
  return isRepeat(reading.text[reading.at]) ? undefined : times
}

/** In how many ways a character may be taken: by how often it may come. */
function readTimes(reading: Reading): number | undefined {
  const { text } = reading
  const sign = text[reading.at]
  if (sign === '*' || sign === '+' || sign === '?') {
    reading.at += 1
    return sign === '?' ? 2 : PATTERN_TEXT_MAX_LENGTH
  }
  if (sign !== '{') return 1
  const [all, least, most] = counted.exec(text.slice(reading.at)) ?? []
  if (all === undefined) return undefined
  reading.at += all.length
  if (!all.includes(',')) return 1
  if (most === undefined) return PATTERN_TEXT_MAX_LENGTH
  return Math.max(1, Number(most) - Number(least) + 1)
}

const isRepeat = (sign: string | undefined): boolean => sign !== undefined && '*+?{'.includes(sign)
