import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

/** What a drill is planned with. */
const planned = ['plan-drill', 'drill-line', 'filter-faults']
/** Modules through which something can be written, fetched or removed, or whose types lead there. */
const doors =
  /\/(?:context|log\/(?:command|open-log|facts)|store\/(?:blob-stores?|open-\w+|write-\w+))\.ts$/

for (const name of planned) {
  test(`${name} knows no way to change anything`, () => {
    const source = new URL(`../../server/recover/${name}.ts`, import.meta.url)
    const text = readFileSync(source, 'utf8')
    const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, from = '']) => from)
    assert.ok(imports.length > 0)
    assert.deepEqual(
      imports.filter((from) => doors.test(from)),
      [],
    )
  })
}
