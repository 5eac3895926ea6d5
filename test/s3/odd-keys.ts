/** Keys that a reader who decodes or encodes them, or sorts them otherwise than a store, takes for others. */
export const oddKeys: readonly string[] = [
  'a%20b',
  'a b',
  'a%2Fb',
  'a+b',
  'a?versionId=b',
  'a#b',
  'a&b=<c>"d"',
  "it's (one)*!",
  '%',
  'Ärger/雪',
  // Beyond U+FFFF, and the last before it: UTF-16 has the first in front, and UTF-8 the second.
  'emoji/\u{1f600}',
  'emoji/\ufb01',
]
