import type { Command } from './command.ts'
import { checkpointCommands } from './commands/checkpoints.ts'
import { compare } from './commands/compare.ts'
import { demo } from './commands/demo.ts'
import { environmentCommands } from './commands/environment.ts'
import { findingCommands } from './commands/evidence.ts'
import { jobCommands } from './commands/jobs.ts'
import { lineage } from './commands/lineage.ts'
import { logEntries } from './commands/log.ts'
import { namespaceCommands } from './commands/namespaces.ts'
import { recoverCommands } from './commands/recover.ts'
import { register } from './commands/register.ts'
import { replay } from './commands/replay.ts'
import { resume } from './commands/resume.ts'
import { runCommands } from './commands/runs.ts'
import { serve } from './commands/serve.ts'
import { spoolCommands } from './commands/spool.ts'
import { token } from './commands/token.ts'

/** Every command, in the order in which the help lists them. */
export const commands: readonly Command[] = [
  serve,
  token,
  demo,
  replay,
  resume,
  register,
  ...runCommands,
  ...recoverCommands,
  ...findingCommands,
  ...checkpointCommands,
  lineage,
  compare,
  ...environmentCommands,
  ...namespaceCommands,
  ...jobCommands,
  logEntries,
  ...spoolCommands,
]
