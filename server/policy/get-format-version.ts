import type { FormatVersion } from '../../schema/format.ts'
import type { Principal } from '../../schema/grant.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { resolveAsOf } from '../log/read-entries.ts'
import { describeVersion, readSchema, readVersion, unknownFormat } from '../timeline/read-format.ts'

/**
 * A published version of a format, with its schema.
 *
 * @throws {NAMESPACE_NOT_FOUND | FORMAT_NOT_FOUND | LOG_INDEX_OUT_OF_RANGE}
 */
export async function getFormatVersion(
  { db }: Context,
  _principal: Principal,
  { namespace, format, version, asOf }: InputOf<'getFormatVersion'>,
): Promise<FormatVersion> {
  const question = { namespace, format, version, asOf: await resolveAsOf(db, namespace, asOf) }
  const row = await readVersion(db, question)
  if (row === undefined) throw unknownFormat(question, version)
  return { ...describeVersion(row), schema: await readSchema(db, row) }
}
