import { log } from './0001-log.ts'
import { registry } from './0002-registry.ts'
import { statistics } from './0003-statistics.ts'
import { accessLog } from './0004-access-log.ts'
import { logKey } from './0005-log-key.ts'
import { policy } from './0006-policy.ts'
import { hold } from './0007-hold.ts'
import { retentionRun } from './0008-retention-run.ts'
import { evidenceByOutcome } from './0009-evidence-by-outcome.ts'
import { accessHead } from './0010-access-head.ts'
import { sweep } from './0011-sweep.ts'
import { bucketProbe } from './0012-bucket-probe.ts'
import { reservation } from './0013-reservation.ts'
import { format } from './0014-format.ts'
import { partitionWindow } from './0015-partition-window.ts'
import { restore } from './0016-restore.ts'
import { driftAcknowledgement } from './0017-drift-acknowledgement.ts'
import { rehearsal } from './0018-rehearsal.ts'
import type { Migration } from './dialect.ts'

/** Every migration, oldest first. */
export const migrations: readonly Migration[] = [
  log,
  registry,
  statistics,
  accessLog,
  logKey,
  policy,
  hold,
  retentionRun,
  evidenceByOutcome,
  accessHead,
  sweep,
  bucketProbe,
  reservation,
  format,
  partitionWindow,
  restore,
  driftAcknowledgement,
  rehearsal,
]
