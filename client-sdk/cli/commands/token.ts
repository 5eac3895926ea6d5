import { CatalogError } from '../../../schema/errors.ts'
import { isGrantPattern, verbs, type Grant } from '../../../schema/grant.ts'
import { command } from '../command.ts'
import { optional, repeated } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { allGrants, personName, signLocally } from '../local-token.ts'
import { parseDurationSeconds } from '../quantity.ts'
import { configOf, dataDirectory } from '../server-config.ts'

const DEFAULT_SECONDS = 30 * 86_400
/** A token cannot be taken back, so it must end by itself. */
const LIFETIME_MAX_SECONDS = 366 * 86_400
const LIFETIME_MIN_SECONDS = 60

export const token = command({
  words: 'token',
  summary: 'make a token with the key of a catalog on this machine',
  heading: 'Server',
  details: `Makes a token with the key in the catalog's data folder and prints it alone, so that "export CAIRN_TOKEN=$(npx cairn token)" works. The server need not run. A grant is verbs and a pattern of namespace/job, such as "append,read:default/*"; the verbs are ${verbs.join(', ')}. Without --grant the token may do everything.`,
  takes: {
    subject: optional(
      { usage: '--subject <name>', summary: 'whose token; default the user of this machine' },
      readText,
    ),
    grants: repeated(
      { usage: '--grant <verbs:pattern>', summary: 'what it may do; may be given several times' },
      readGrant,
    ),
    lifetimeSeconds: optional(
      { usage: '--expires <time>', summary: 'until it expires, such as 12h; default 30d' },
      readLifetime,
    ),
    dataDirectory,
  },
  run: async (session, values) => {
    const { subject = personName(), lifetimeSeconds = DEFAULT_SECONDS } = values
    const grants = values.grants.length === 0 ? allGrants : values.grants
    const config = await configOf(session, values)
    const signed = await signLocally(config, { subject, grants, lifetimeSeconds })
    return {
      document: { token: signed, subject, grants, lifetimeSeconds },
      text: () => signed,
    }
  },
})

function readGrant(text: string): Grant {
  const [words = '', on = ''] = text.split(':')
  const wanted = words.split(',').map((word) => {
    const verb = verbs.find((known) => known === word)
    if (verb === undefined) throw invalid(`"${word}" is no verb; there are ${verbs.join(', ')}`)
    return verb
  })
  if (!isGrantPattern(on)) {
    throw invalid('after the verbs comes ":" and namespace/job, such as "append,read:default/*"')
  }
  return { verbs: wanted, on }
}

function readLifetime(text: string): number {
  const seconds = parseDurationSeconds(text)
  if (seconds >= LIFETIME_MIN_SECONDS && seconds <= LIFETIME_MAX_SECONDS) return seconds
  throw invalid('a token lives from 1 minute to 366 days')
}

const invalid = (sentence: string): CatalogError => new CatalogError('INVALID_REQUEST', sentence)
