import type { Command } from './command.ts'
import { replay } from './commands/replay.ts'
import { serve } from './commands/serve.ts'
import { token } from './commands/token.ts'

/** Every command, in the order in which the help lists them. */
export const commands: readonly Command[] = [serve, token, replay]
