import type { Manifest } from '../../schema/manifest.ts'
import type { Facts } from '../log/facts.ts'
import {
  compileCheck,
  knownCheck,
  metadataMismatch,
  type MetadataCheck,
} from '../timeline/check-metadata.ts'
import { formatByVersion } from '../timeline/lookups.ts'
import { readSchema } from '../timeline/read-format.ts'

/**
 * Checks the metadata of a manifest where its format is published; at once when the schema was compiled before.
 *
 * @throws {FORMAT_MISMATCH}
 */
export function checkFormat(
  facts: Facts,
  { namespace, format }: Pick<Manifest, 'namespace' | 'format'>,
): Promise<void> | undefined {
  if (format === undefined) return undefined
  const row = facts.find(formatByVersion, [namespace, format.name, format.version])
  if (row === undefined) return undefined
  const judgeBy = (check: MetadataCheck): undefined => {
    const why = check(format.metadata ?? {})
    if (why !== undefined) throw metadataMismatch(format, why)
  }
  const known = knownCheck(row.schema_digest)
  if (known !== undefined) return judgeBy(known)
  return facts
    .query()
    .then((db) => readSchema(db, row))
    .then((schema) => judgeBy(compileCheck(row.schema_digest, schema)))
}
