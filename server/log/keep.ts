/** Keeps what was used last: a Map has the order of insertion, so its first is what was used longest ago. */
export function keep<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  maxCount: number,
): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > maxCount && oldest !== undefined) map.delete(oldest)
}
