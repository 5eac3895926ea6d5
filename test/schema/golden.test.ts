import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { canonicalize, parseJsonStrictly, type Json } from '../../schema/canonical-json.ts'
import { digestOf } from '../../schema/digest.ts'
import { entryFault } from '../../schema/entry-form.ts'
import { Environment } from '../../schema/environment.ts'
import { plainSchema } from '../../schema/format-schema.ts'
import { checkManifest } from '../../schema/manifest-rules.ts'
import { Manifest } from '../../schema/manifest.ts'
import { leafHash } from '../../schema/merkle.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import { parseEntry } from '../../schema/parse-entry.ts'
import { projections } from '../../server/compose.ts'
import { validate } from '../../server/http/validate.ts'
import { documentOf, project } from '../../server/log/projection.ts'
import { corpus, documentVersions, entryVersions, goldenFiles, readIndex } from './golden-corpus.ts'

const { entries, documents } = readIndex()
const bytesOf = (file: string): Uint8Array => readFileSync(`${corpus}${file}`)
const textOf = (file: string): string => readFileSync(`${corpus}${file}`, 'utf8')

/** An older document as its readers of today take it. */
function readDocument(kind: (typeof documents)[number]['kind'], value: Json): void {
  if (kind === 'environment') return validate(Environment, value, 'body')
  if (kind === 'schema') return void plainSchema(value as Parameters<typeof plainSchema>[0])
  validate(Manifest, value, 'body')
  checkManifest(value as unknown as Manifest)
}

/** Kinds that are only read back from the log. */
const withoutRows: ReadonlySet<string> = new Set(['bucket.reconciled'])

describe('what was ever released', () => {
  for (const { file, kind, v, leafHash: hash, document } of entries) {
    it(`reads ${file}, and would write the same bytes`, () => {
      const bytes = bytesOf(file)
      const entry = parseEntry(bytes)
      assert.ok(entry)
      assert.deepEqual([entry.kind, entry.v], [kind, v])
      assert.equal(canonicalize(parseJsonStrictly(textOf(file))), textOf(file))
      assert.equal(Buffer.from(leafHash(bytes)).toString('base64'), hash)
      const index = entry.kind === 'namespace.declared' ? 0 : 7
      assert.equal(entryFault(entry, bytes, { namespace: entry.subject, index }), undefined)
      const named = documentOf(entry)
      assert.equal(named === undefined, document === undefined)
      if (document !== undefined) assert.equal(digestOf(bytesOf(document)), named)
      const changes = project(projections, {
        namespace: 'golden' as NamespaceName,
        index: 7 as LogIndex,
        entry,
        ...(document === undefined ? {} : { document: parseJsonStrictly(textOf(document)) }),
      })
      // A drill that was only planned leaves no row, and one that was rehearsed does.
      const leavesRows =
        entry.kind === 'drill.recorded' ? 'rehearsed' in entry : !withoutRows.has(kind)
      assert.equal(changes.length > 0, leavesRows, 'it makes the rows that it made')
    })
  }

  for (const { file, kind, version, digest } of documents) {
    it(`reads ${file}, a ${kind}, and would write the same bytes`, () => {
      const value = parseJsonStrictly(textOf(file))
      assert.equal(canonicalize(value), textOf(file))
      assert.equal(digestOf(bytesOf(file)), digest)
      if (version !== undefined) {
        assert.equal((value as { readonly schemaVersion: number }).schemaVersion, version)
      }
      readDocument(kind, value)
    })
  }

  it('has an example of every version of every kind of entry and document', () => {
    const missing = [
      ...Object.entries(entryVersions).flatMap(([kind, versions]) =>
        Object.keys(versions)
          .filter((v) => !entries.some((one) => one.kind === kind && String(one.v) === v))
          .map((v) => `${kind} version ${v}`),
      ),
      ...Object.entries(documentVersions).flatMap(([kind, versions]) =>
        Object.keys(versions)
          .filter((v) => !documents.some((one) => one.kind === kind && String(one.version) === v))
          .map((v) => `${kind} version ${v}`),
      ),
    ]
    assert.deepEqual(missing, [], 'make one in the story of collect-golden.ts, and run that')
  })

  it('has nothing that its index does not name, nor names what is not there', () => {
    const named = [...entries, ...documents].map(({ file }) => file)
    assert.deepEqual([...goldenFiles()].toSorted(), named.toSorted())
  })
})
