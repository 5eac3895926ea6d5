import type { JobName, NamespaceName } from '../../schema/names.ts'
import type { Command } from '../../server/log/command.ts'

/** What a recorded draft answers in these tests. */
export interface Place {
  readonly index: number
  readonly leafHash: string
}

/** A command that declares a job, the smallest of entries. */
export function declaring(
  namespace: string,
  job: string,
  members: Partial<Command<Place>> = {},
): Command<Place> {
  return {
    namespace: namespace as NamespaceName,
    actor: 'tester',
    reads: [],
    decide: () => ({
      drafts: [{ entry: { kind: 'job.declared', subject: job as JobName, spec: {} } }],
      result: ({ index, leafHash }) => ({ index, leafHash: Buffer.from(leafHash).toString('hex') }),
    }),
    ...members,
  }
}

/** 0, 1, 2… up to a count. */
export const upTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, number) => number)

/** A command that holds the log's next batch open until it is let go. */
export function holding(namespace: string): {
  readonly command: Command<null>
  readonly begun: Promise<void>
  readonly release: () => void
} {
  const begun = Promise.withResolvers<undefined>()
  const gate = Promise.withResolvers<undefined>()
  return {
    command: {
      namespace: namespace as NamespaceName,
      actor: 'tester',
      reads: [],
      decide: async () => {
        begun.resolve(undefined)
        await gate.promise
        return { drafts: [], result: () => null }
      },
    },
    begun: begun.promise,
    release: () => gate.resolve(undefined),
  }
}
