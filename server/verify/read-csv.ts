import { CatalogError } from '../../schema/errors.ts'

/** Characters of one field: the longest key has 1,024 bytes, each of which may be encoded as three. */
const FIELD_MAX_LENGTH = 4_096

/** Where the reader is: at the start of a field, in a bare one, in a quoted one, or behind a quote in it. */
type Place = 'start' | 'bare' | 'quoted' | 'quote'

/**
 * Rows of CSV, strictly: as many fields as are said, quotes only around a field, doubled inside it.
 *
 * @throws {BLOB_CORRUPT} a row is none
 * @see https://www.rfc-editor.org/rfc/rfc4180#section-2
 */
export async function* readCsv(
  pieces: AsyncIterable<Uint8Array>,
  { name, fieldCount }: { readonly name: string; readonly fieldCount: number },
): AsyncGenerator<readonly string[]> {
  let rowCount = 0
  let row: string[] = []
  let field = ''
  const at: { place: Place } = { place: 'start' }
  const wrong = (why: string): CatalogError =>
    new CatalogError('BLOB_CORRUPT', `${name}: row ${rowCount + 1} ${why}.`)
  const endField = (): void => {
    row.push(field)
    if (row.length > fieldCount) throw wrong(`has more than ${fieldCount} fields`)
    field = ''
    at.place = 'start'
  }
  const endRow = (): readonly string[] => {
    endField()
    if (row.length < fieldCount) throw wrong(`has ${row.length} of ${fieldCount} fields`)
    const ended = row
    row = []
    rowCount += 1
    return ended
  }
  const take = (char: string): void => {
    if (char === '"') {
      if (at.place === 'bare') throw wrong('has a quote inside a field without quotes')
      if (at.place === 'quote') add(char)
      at.place = at.place === 'quoted' ? 'quote' : 'quoted'
      return
    }
    if (at.place === 'quote') throw wrong('goes on behind the quote that ends a field')
    if (at.place === 'start') at.place = 'bare'
    add(char)
  }
  const add = (char: string): void => {
    field += char
    if (field.length > FIELD_MAX_LENGTH) throw wrong(`has a field of over ${FIELD_MAX_LENGTH}`)
  }
  for await (const text of decoded(pieces, wrong)) {
    for (const char of text) {
      const isInField = char !== ',' && char !== '\n' && char !== '\r'
      if (isInField || at.place === 'quoted') take(char)
      else if (char === ',') endField()
      // The line feed behind it ends the row.
      else if (char === '\n') yield endRow()
    }
  }
  if (at.place === 'quoted') throw wrong('ends inside quotes')
  if (row.length > 0 || at.place !== 'start') yield endRow()
}

async function* decoded(
  pieces: AsyncIterable<Uint8Array>,
  wrong: (why: string) => CatalogError,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true })
    } catch {
      throw wrong('is no UTF-8')
    }
  }
  for await (const piece of pieces) yield decode(piece)
  yield decode()
}
