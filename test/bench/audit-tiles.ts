import { join } from 'node:path'
import { openTileFolder } from '../../client-sdk/stores/tile-folder.ts'
import { auditLog } from '../../client-sdk/verify/audit-log.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Catalog } from '../../server/compose.ts'
import { openFolderTarget } from '../../server/publish/folder-target.ts'
import { publishAll } from '../../server/publish/publisher.ts'
import type { PublishTarget } from '../../server/publish/tile-sink.ts'
import { NAMESPACE } from './fixture.ts'

/** A log in a folder, and who signs it. */
export interface PublishedTiles {
  readonly directory: string
  readonly keys: readonly VerifierKey[]
  /** Entries. */
  readonly size: number
}

/** Publishes a catalog's log to a folder, all but its documents: an audit reads none, and each is a file. */
export async function publishTiles(
  { context }: Pick<Catalog, 'context'>,
  folder: string,
): Promise<PublishedTiles> {
  const namespace = NAMESPACE as NamespaceName
  const { db, signer, cosignatures } = context
  const target = withoutDocuments(await openFolderTarget(folder))
  const onFailure = (error: unknown): never => {
    throw error
  }
  try {
    const options = { db, signer, cosignatures, target, onFailure }
    const published = await publishAll(options, new AbortController().signal)
    const size = published.find((one) => one.namespace === namespace)?.size ?? 0
    return { directory: join(folder, namespace), keys: signer.verifierKeys(namespace), size }
  } finally {
    target.close()
  }
}

/** What the sink is asked for as missing are documents only. */
function withoutDocuments(target: PublishTarget): PublishTarget {
  return {
    ...target,
    sinkOf: (namespace) => ({ ...target.sinkOf(namespace), missing: async () => [] }),
  }
}

/** Entries a second of one audit of a whole log; one that finds anything is an error. */
export async function timeAudit({ directory, keys, size }: PublishedTiles): Promise<number> {
  const startMs = performance.now()
  const verdict = await auditLog(openTileFolder({ directory }), { keys })
  const tookMs = performance.now() - startMs
  if (!verdict.ok || !verdict.complete || verdict.checkedCount !== size) {
    throw new Error(`the audit of ${size} entries: ${JSON.stringify(verdict.findings.slice(0, 3))}`)
  }
  return (verdict.checkedCount * 1_000) / tookMs
}
