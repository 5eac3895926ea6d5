import { chmod, lstat, open, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CatalogError } from '../../schema/errors.ts'
import { diskFailure, errnoOf, makeDirectory, syncDirectory } from '../stores/disk-durable.ts'

/** The folders of a spool, as absolute paths. */
export interface SpoolLayout {
  readonly root: string
  /** Records that wait to be sent. */
  readonly waiting: string
  /** Records that the catalog refused, each beside its problem. */
  readonly refused: string
  /** Files that are torn or altered. */
  readonly corrupt: string
  /** What had to be dropped, one file a line. */
  readonly gaps: string
  /** Checkpoints whose bytes wait for their upload, one folder each. */
  readonly staged: string
  /** Files that are still being written. */
  readonly temporary: string
  /** The lease of the process that drains. */
  readonly lease: string
}

/** An empty file whose name says the format, so that no program reads or writes a format it does not know. */
export const MARKER = 'cairn-spool-1'
const ANY_MARKER = /^cairn-spool-/

/** Names in a folder that is not yet a spool are looked at to say so, not to list them. */
const SHOWN_NAMES_MAX_COUNT = 3

const GROUP_AND_OTHERS = 0o077

/**
 * Makes a folder a spool, or checks that it is one that only this user can write.
 *
 * Manifests name a job's data and others must not plant records, so the folder is 0700 and its files 0600.
 *
 * @throws {CONFIG_INVALID} the folder is a link, belongs to another user or holds something else
 * @throws {STORE_FAILED} the folder cannot be made
 */
export async function prepareSpool(directory: string): Promise<SpoolLayout> {
  const root = resolve(directory)
  const layout: SpoolLayout = {
    root,
    waiting: join(root, 'waiting'),
    refused: join(root, 'refused'),
    corrupt: join(root, 'corrupt'),
    gaps: join(root, 'gaps'),
    staged: join(root, 'staged'),
    temporary: join(root, 'tmp'),
    lease: join(root, 'drain.lease'),
  }
  try {
    await makeDirectory(root, 0o700)
    await checkRoot(root)
    await mark(root)
    const { waiting, refused, corrupt, gaps, staged, temporary } = layout
    for (const folder of [waiting, refused, corrupt, gaps, staged, temporary]) {
      await makeDirectory(folder, 0o700)
    }
    return layout
  } catch (cause) {
    if (cause instanceof CatalogError) throw cause
    throw diskFailure(cause, `Opening the spool ${root}`)
  }
}

async function checkRoot(root: string): Promise<void> {
  const found = await lstat(root)
  if (!found.isDirectory()) {
    refuse(root, 'is a symbolic link', 'name the folder itself')
  }
  const user = process.getuid?.()
  if (user !== undefined && found.uid !== user) {
    refuse(root, `belongs to user ${found.uid}`, 'name a folder that this user has made')
  }
  const names = await readdir(root)
  const markers = names.filter((name) => ANY_MARKER.test(name))
  const foreign = markers.find((name) => name !== MARKER)
  if (foreign !== undefined) {
    refuse(root, `has the format ${foreign}`, `this program knows ${MARKER}; use the newer one`)
  }
  if (markers.length === 0 && names.length > 0) {
    const shown = names.slice(0, SHOWN_NAMES_MAX_COUNT).map((name) => JSON.stringify(name))
    refuse(root, `holds other files (${shown.join(', ')})`, 'name a new folder, or one inside it')
  }
  // Only a folder that is ours alone gets here, so tightening it takes nothing from anybody else.
  if ((found.mode & GROUP_AND_OTHERS) !== 0) await chmod(root, 0o700)
}

async function mark(root: string): Promise<void> {
  try {
    const handle = await open(join(root, MARKER), 'wx', 0o600)
    await handle.close()
  } catch (cause) {
    if (errnoOf(cause) !== 'EEXIST') throw cause
    return
  }
  await syncDirectory(root)
  await syncDirectory(dirname(root))
}

function refuse(root: string, what: string, remedy: string): never {
  throw new CatalogError('CONFIG_INVALID', `The spool folder ${root} ${what}; ${remedy}.`)
}
