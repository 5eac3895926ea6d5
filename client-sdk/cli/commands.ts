import type { Command } from './command.ts'
import { accessLogCommands } from './commands/access-log.ts'
import { backup } from './commands/backup.ts'
import { bucketCommands } from './commands/buckets.ts'
import { bisect } from './commands/bisect.ts'
import { checkpointCommands } from './commands/checkpoints.ts'
import { compare } from './commands/compare.ts'
import { demo } from './commands/demo.ts'
import { drillCommands } from './commands/drills.ts'
import { environmentCommands } from './commands/environment.ts'
import { findingCommands } from './commands/evidence.ts'
import { exportCommand } from './commands/export.ts'
import { formatCommands } from './commands/formats.ts'
import { fsck } from './commands/fsck.ts'
import { holdCommands } from './commands/holds.ts'
import { importCommand } from './commands/import.ts'
import { jobCommands } from './commands/jobs.ts'
import { keysCommands } from './commands/keys.ts'
import { lineage } from './commands/lineage.ts'
import { logEntries } from './commands/log.ts'
import { logPublish } from './commands/log-publish.ts'
import { logProofCommands } from './commands/log-proofs.ts'
import { logWatch } from './commands/log-watch.ts'
import { migrate } from './commands/migrate.ts'
import { logRepair } from './commands/log-repair.ts'
import { namespaceCommands } from './commands/namespaces.ts'
import { policyCommands } from './commands/policies.ts'
import { recoverCommands } from './commands/recover.ts'
import { register } from './commands/register.ts'
import { replay } from './commands/replay.ts'
import { restores } from './commands/restores.ts'
import { retainCommands } from './commands/retain.ts'
import { replayCommands } from './commands/replay-check.ts'
import { reservationCommands } from './commands/reservations.ts'
import { resume } from './commands/resume.ts'
import { runCommands } from './commands/runs.ts'
import { segmentCommands } from './commands/segments.ts'
import { serve } from './commands/serve.ts'
import { spoolCommands } from './commands/spool.ts'
import { token } from './commands/token.ts'
import { verify } from './commands/verify.ts'
import { witness } from './commands/witness.ts'

/** Every command, in the order in which the help lists them. */
export const commands: readonly Command[] = [
  serve,
  token,
  demo,
  replay,
  ...keysCommands,
  fsck,
  backup,
  exportCommand,
  importCommand,
  logRepair,
  logPublish,
  witness,
  migrate,
  resume,
  register,
  ...reservationCommands,
  ...runCommands,
  ...recoverCommands,
  restores,
  verify,
  ...segmentCommands,
  ...drillCommands,
  bisect,
  ...findingCommands,
  ...retainCommands,
  ...checkpointCommands,
  lineage,
  compare,
  ...replayCommands,
  ...environmentCommands,
  ...namespaceCommands,
  ...jobCommands,
  ...policyCommands,
  ...formatCommands,
  ...holdCommands,
  logEntries,
  ...logProofCommands,
  logWatch,
  ...accessLogCommands,
  ...bucketCommands,
  ...spoolCommands,
]
