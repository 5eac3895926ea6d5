import type { Digest } from '../../schema/digest.ts'
import type { Environment } from '../../schema/environment.ts'
import type { Manifest } from '../../schema/manifest.ts'
import type { LogIndex, NamespaceName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import { statement } from '../store/statement.ts'
import type { Row } from '../store/tables.ts'

const utf8 = new TextDecoder()

type Bytes = Pick<Row<'document'>, 'bytes'>

const atIndex = statement<{ namespace: NamespaceName; index: LogIndex }, Bytes>((db, param) =>
  db
    .selectFrom('document')
    .select('bytes')
    .where('namespace', '=', param('namespace'))
    .where('log_index', '=', param('index')),
)

const ofEnvironment = statement<{ namespace: NamespaceName; digest: Digest }, Bytes>(
  (db, param) =>
    db
      .selectFrom('environment as e')
      .innerJoin('document as d', (join) =>
        join.onRef('d.namespace', '=', 'e.namespace').onRef('d.log_index', '=', 'e.log_index'),
      )
      .select('d.bytes')
      .where('e.namespace', '=', param('namespace'))
      .where('e.digest', '=', param('digest')),
  { isShared: true },
)

/** The exact bytes of a checkpoint's manifest. */
export async function readManifestBytes(
  db: Reader,
  checkpoint: Pick<Row<'checkpoint'>, 'namespace' | 'log_index' | 'digest'>,
): Promise<Uint8Array> {
  const { namespace, log_index: index } = checkpoint
  const [row] = await atIndex(db, { namespace, index })
  if (row === undefined) throw new Error(`the manifest ${checkpoint.digest} is missing`)
  return row.bytes
}

/** A checkpoint's manifest. */
export async function readManifest(
  db: Reader,
  checkpoint: Pick<Row<'checkpoint'>, 'namespace' | 'log_index' | 'digest'>,
): Promise<Manifest> {
  const bytes = await readManifestBytes(db, checkpoint)
  return JSON.parse(utf8.decode(bytes)) as Manifest
}

/** Manifests that are read at a time: bounds memory to some hundred MiB of the largest. */
const MANIFESTS_CHUNK_COUNT = 64

/** The manifests that stand at some indexes, a few at a time; indexes that ascend give them in that order. */
export async function* readManifests(
  db: Reader,
  namespace: NamespaceName,
  indexes: readonly LogIndex[],
): AsyncGenerator<{ readonly index: LogIndex; readonly manifest: Manifest }> {
  for (let from = 0; from < indexes.length; from += MANIFESTS_CHUNK_COUNT) {
    const rows = await db
      .selectFrom('document')
      .select(['log_index', 'bytes'])
      .where('namespace', '=', namespace)
      .where('log_index', 'in', indexes.slice(from, from + MANIFESTS_CHUNK_COUNT))
      .orderBy('log_index')
      .execute()
    for (const { log_index: index, bytes } of rows) {
      yield { index, manifest: JSON.parse(utf8.decode(bytes)) as Manifest }
    }
  }
}

/** The exact bytes of an environment document; undefined when the namespace never recorded it. */
export async function readEnvironmentBytes(
  db: Reader,
  namespace: NamespaceName,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  const [row] = await ofEnvironment(db, { namespace, digest })
  return row?.bytes
}

/** An environment document; undefined when none is named, or the namespace never recorded it. */
export async function readEnvironment(
  db: Reader,
  namespace: NamespaceName,
  digest: Digest | null | undefined,
): Promise<Environment | undefined> {
  if (digest === null || digest === undefined) return undefined
  const bytes = await readEnvironmentBytes(db, namespace, digest)
  if (bytes === undefined) return undefined
  return JSON.parse(utf8.decode(bytes)) as Environment
}
