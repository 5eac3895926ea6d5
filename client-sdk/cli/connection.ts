import { CatalogError } from '../../schema/errors.ts'
import type { BlobStore } from '../blob-store.ts'
import { CatalogClient } from '../client.ts'
import type { LogStoppedEvent } from '../hooks.ts'
import type { Spool } from '../spool.ts'
import type { Staging } from '../staging.ts'
import type { ValuesOf } from './command.ts'
import { defined } from './defined.ts'
import { optional } from './flag.ts'
import { readName, readText } from './flag-values.ts'
import { readInput } from './input-file.ts'
import { plainText } from './plain-text.ts'
import type { Session } from './session.ts'

/** Where a catalog is when nobody says otherwise. */
export const DEFAULT_URL = 'http://127.0.0.1:7420'
/** The namespace when nobody says otherwise. */
export const DEFAULT_NAMESPACE = 'default'

/** A token of ours has under 2 KiB; those of others carry claims and stay under what headers may have. */
const TOKEN_MAX_BYTES = 16 * 1024

const heading = 'Connection'

/** The flags of every command that asks a catalog. */
export const connection = {
  url: optional({ usage: '--url <url>', summary: 'where the catalog is', heading }, readText),
  namespace: optional(
    { usage: '--namespace <namespace>', summary: 'scope of names and of the log', heading },
    readName,
  ),
  tokenFile: optional(
    { usage: '--token-file <path>', summary: 'read the token from a file', heading },
    readText,
  ),
}

/** How a client is made beside its flags. */
export interface ClientChoice {
  readonly spool?: Spool
  readonly store?: BlobStore
  readonly staging?: Staging
  /** Instead of the flag's or variable's namespace. */
  readonly namespace?: string
}

/**
 * The client that the flags, or else the variables, ask for.
 *
 * @throws {TOKEN_MISSING} neither `--token-file` nor `CAIRN_TOKEN`
 * @throws {CONFIG_INVALID} the URL is none
 */
export async function openClient(
  session: Session,
  values: ValuesOf<typeof connection>,
  choice: ClientChoice = {},
): Promise<CatalogClient> {
  const { variables } = session
  return new CatalogClient({
    url: values.url ?? (variables['CAIRN_URL'] || DEFAULT_URL),
    namespace: choice.namespace ?? namespaceOf(session, values.namespace),
    token: await tokenSource(session, values.tokenFile),
    ...defined({ spool: choice.spool, store: choice.store, staging: choice.staging }),
    hooks: { onLogStopped: warnOnce(session) },
  })
}

/** Says once, beside the answer, that it may not be the newest. */
function warnOnce(session: Session): (event: LogStoppedEvent) => void {
  let isSaid = false
  return ({ code, missing }) => {
    if (isSaid) return
    isSaid = true
    const range =
      missing === undefined
        ? 'what it has contradicts what was signed'
        : `entries ${missing.from} to ${missing.to} are missing`
    const { style } = session.errorScreen
    session.errors.write(
      `${style('yellow', 'Warning')}: the catalog reads this log and does not write to it (${plainText(code)}): ${range}. What it answers may not be the newest.\n`,
    )
  }
}

/** The namespace that a flag, or else the variable, names. */
export function namespaceOf(session: Session, flag: string | undefined): string {
  return flag ?? readName(session.variables['CAIRN_NAMESPACE'] || DEFAULT_NAMESPACE)
}

/** A file is read again when its token is refused: whoever renews tokens may have written a new one. */
async function tokenSource(
  session: Session,
  tokenFile: string | undefined,
): Promise<string | (() => Promise<string>)> {
  if (tokenFile !== undefined) {
    await readTokenFile(tokenFile)
    return () => readTokenFile(tokenFile)
  }
  const token = session.variables['CAIRN_TOKEN']?.trim() ?? ''
  if (token !== '') return token
  throw new CatalogError(
    'TOKEN_MISSING',
    'There is no token: set CAIRN_TOKEN or give --token-file. In the folder of the catalog, "export CAIRN_TOKEN=$(npx cairn token)" makes one.',
  )
}

async function readTokenFile(path: string): Promise<string> {
  const text = await readInput(path, TOKEN_MAX_BYTES)
  if (text.trim() !== '') return text.trim()
  throw new CatalogError('TOKEN_MISSING', `The token file ${path} is empty.`)
}
