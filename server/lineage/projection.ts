import type { Manifest } from '../../schema/manifest.ts'
import type { Projection, Recorded, RowChange } from '../log/projection.ts'
import type { Row } from '../store/tables.ts'

/**
 * Entries to edges: what a manifest names as parents, and what its run restored from. A base and the
 * predecessor in the run are told by the checkpoint rows themselves.
 */
export const lineageProjection: Projection = {
  on: { 'checkpoint.registered': registeredCheckpoint },
}

function registeredCheckpoint(recorded: Recorded<'checkpoint.registered'>): readonly RowChange[] {
  const { namespace, index, entry } = recorded
  const manifest = recorded.document as unknown as Manifest
  const edges = new Map<string, Row<'edge'>>()
  const link = (parent: Row<'edge'>['parent'], relation: Row<'edge'>['relation']): void => {
    const row = { namespace, child: entry.subject, parent, relation, log_index: index }
    edges.set(`${relation} ${parent}`, row)
  }
  for (const { checkpoint, relation } of manifest.parents ?? []) link(checkpoint, relation)
  if (entry.restoredFrom !== undefined) link(entry.restoredFrom, 'restored-from')
  return [...edges.values()].map((row) => ({ kind: 'insert', table: 'edge', row }))
}
