/**
 * Runs reads in order and up to `aheadCount` at once, so that the next ones are under way while one is worked on.
 *
 * The reads must not reject: one that nobody waits for yet would end the process.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item>,
  aheadCount: number,
  read: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = []
  for (const item of items) {
    underWay.push(read(item))
    const first = underWay.length < aheadCount ? undefined : underWay.shift()
    if (first !== undefined) yield await first
  }
  for (const last of underWay) yield await last
}
