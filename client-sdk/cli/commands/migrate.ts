import { command } from '../command.ts'
import { optional } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { configOf, dataDirectory, explainFailure, loadServer } from '../server-config.ts'

export const migrate = command({
  words: 'migrate',
  summary: "bring the database to this version's schema, and grant a role what a server needs",
  heading: 'Server',
  details:
    'Creates or changes the tables as their owner: with CAIRN_DATABASE_OWNER_URL, or else CAIRN_DATABASE_URL. With --grant, a role of PostgreSQL may then do what a server does and nothing else, so that a server that connects as it can neither change what is recorded nor switch off what guards it.',
  takes: {
    grant: optional(
      { usage: '--grant <role>', summary: 'role that the server connects as' },
      readText,
    ),
    dataDirectory,
  },
  run: async (session, values) => {
    const { migrateCatalog } = await loadServer()
    const config = await configOf(session, values)
    try {
      const roles = await migrateCatalog(config, values.grant)
      return {
        document: { grantedTo: roles },
        text: () =>
          ['The schema is up to date.', ...roles.map((role) => `Granted to ${role}.`)].join('\n'),
      }
    } catch (error) {
      throw explainFailure(error, config)
    }
  },
})
