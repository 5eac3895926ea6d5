import { createHash, randomBytes } from 'node:crypto'
import { appendFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readBoundedFile } from '../disk-bounded.ts'
import { diskFailure, errnoOf, makeDirectory, syncDirectory, writeWhole } from '../disk-durable.ts'
import { isGone, thisProcess } from '../disk-owner.ts'
import { temporaryName } from '../disk-temporary.ts'

/** An upload that was begun: where it goes, and how its content is cut. */
export interface UploadHeader {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  /** Stands in the object's metadata, so that the object that came of it can be told. */
  readonly token: string
  readonly partBytes: number
  /** Of the whole content, where that was known. */
  readonly sizeBytes?: number
  /** Whether the store computes CRC-64/NVME over the whole. */
  readonly hasCrc: boolean
  /** When it was begun, in epoch milliseconds. */
  readonly beganAt: number
}

/** A remembered upload, of which this process has the only hold. */
export interface JournalledUpload {
  readonly header: UploadHeader
  /** SHA-256 of each part that was sent or about to be, by its number; empty where it was ever another. */
  readonly parts: ReadonlyMap<number, string>
  /** Notes a part before it is sent: what the store then has under the number can be no other bytes. */
  note(number: number, hex: string): Promise<void>
  /** Lets go of it, for the next put of the content. */
  release(): Promise<void>
  /** Forgets it. */
  forget(): Promise<void>
}

/** Uploads that were begun, one small file each in a folder of this machine. */
export interface UploadJournal {
  /** Takes an upload of the same content that nobody works on; undefined when there is none. */
  claim(content: string): Promise<JournalledUpload | undefined>
  begin(content: string, header: UploadHeader): Promise<JournalledUpload>
  /** Takes one that was begun before a moment, whatever its content; for who cleans up. */
  claimOlder(beforeMs: number): Promise<JournalledUpload | undefined>
}

/** A header and 10,000 parts take a megabyte. */
const FILE_MAX_BYTES = 4 * 1024 * 1024

/** `<content>.<owner>.upload`; an owner of `free` has let go of it. */
const NAME =
  /^(?<content>[0-9a-f]{32})\.(?:free|(?<pid>\d{1,10})\.(?<started>\d{1,20})\.(?<scope>[0-9a-f]{16}))\.[0-9a-f]{16}\.upload$/

/**
 * Opens a folder of uploads, and makes it if it is missing.
 *
 * A file's name says who works on the upload, and whoever renames it has it: one process at a time, and after a
 * crash the next.
 *
 * @throws {STORE_FAILED} the folder cannot be made
 */
export async function openUploadJournal(folder: string): Promise<UploadJournal> {
  const directory = resolve(folder)
  try {
    await makeDirectory(directory, 0o700)
  } catch (cause) {
    throw diskFailure(cause, `Opening the folder of uploads ${directory}`)
  }
  return {
    claim: (content) => claim(directory, (upload) => upload.content === contentKeyOf(content)),
    begin: (content, header) => begin(directory, contentKeyOf(content), header),
    claimOlder: (beforeMs) => claim(directory, () => true, beforeMs),
  }
}

async function begin(
  directory: string,
  content: string,
  header: UploadHeader,
): Promise<JournalledUpload> {
  const path = join(directory, nameOf(content, ownOwner()))
  try {
    const line = Buffer.from(`${JSON.stringify({ format: 1, ...header })}\n`)
    await writeWhole(path, join(directory, temporaryName()), line)
    await syncDirectory(directory)
  } catch (cause) {
    throw diskFailure(cause, `Remembering an upload in ${directory}`)
  }
  return uploadOf({ directory, content, path }, header, new Map())
}

async function claim(
  directory: string,
  isWanted: (upload: { readonly content: string }) => boolean,
  beforeMs = Number.POSITIVE_INFINITY,
): Promise<JournalledUpload | undefined> {
  for (const name of await readdir(directory)) {
    const owner = NAME.exec(name)?.groups
    const { content = '', pid, started = '', scope = '' } = owner ?? {}
    if (owner === undefined || !isWanted({ content })) continue
    const path = join(directory, name)
    const touched = await stat(path).catch(() => undefined)
    if (touched === undefined) continue
    // A part is noted before it is sent, so whoever is at work touches the file every minute or so.
    const untouchedMs = Date.now() - touched.mtimeMs
    if (pid !== undefined && !isGone({ pid: Number(pid), started, scope }, untouchedMs)) continue
    const found = await take(directory, { name, content }, beforeMs)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whoever renames a file first has it; a file that says nothing is of no use to anybody. */
async function take(
  directory: string,
  { name, content }: { readonly name: string; readonly content: string },
  beforeMs: number,
): Promise<JournalledUpload | undefined> {
  const bytes = await readBoundedFile(join(directory, name), FILE_MAX_BYTES)
  if (bytes === undefined) return undefined
  const [first = '', ...lines] = new TextDecoder().decode(bytes).split('\n')
  const header = parseHeader(first)
  if (header !== undefined && header.beganAt >= beforeMs) return undefined
  const path = join(directory, nameOf(content, ownOwner()))
  try {
    await rename(join(directory, name), path)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    throw diskFailure(cause, `Taking up an upload in ${directory}`)
  }
  if (header !== undefined) {
    return uploadOf({ directory, content, path }, header, parseParts(lines))
  }
  await rm(path, { force: true })
  return undefined
}

function uploadOf(
  file: { readonly directory: string; readonly content: string; readonly path: string },
  header: UploadHeader,
  parts: Map<number, string>,
): JournalledUpload {
  const { directory, content, path } = file
  return {
    header,
    parts,
    async note(number, hex) {
      addPart(parts, number, hex)
      try {
        // Not synced: a line that a power cut takes costs that part a second sending.
        await appendFile(path, `${number} ${hex}\n`)
      } catch (cause) {
        throw diskFailure(cause, `Noting a part in ${path}`)
      }
    },
    release: () => rename(path, join(directory, nameOf(content, 'free'))),
    forget: () => rm(path, { force: true }),
  }
}

function nameOf(content: string, owner: string): string {
  return `${content}.${owner}.${randomBytes(8).toString('hex')}.upload`
}

function ownOwner(): string {
  const { pid, started, scope } = thisProcess
  return `${pid}.${started}.${scope}`
}

function contentKeyOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}

function parseParts(lines: readonly string[]): Map<number, string> {
  const parts = new Map<number, string>()
  for (const line of lines) {
    const [, number, hex] = /^(\d{1,5}) ([0-9a-f]{64})$/.exec(line) ?? []
    if (number !== undefined && hex !== undefined) addPart(parts, Number(number), hex)
  }
  return parts
}

/** Which of two contents the store has under a number cannot be told, so neither counts. */
function addPart(parts: Map<number, string>, number: number, hex: string): void {
  parts.set(number, [undefined, hex].includes(parts.get(number)) ? hex : '')
}

function parseHeader(line: string): UploadHeader | undefined {
  try {
    const fields = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>
    const { format, bucket, key, uploadId, token, partBytes, sizeBytes, hasCrc, beganAt } = fields
    if (format !== 1 || typeof bucket !== 'string' || typeof key !== 'string') return undefined
    if (typeof uploadId !== 'string' || typeof token !== 'string') return undefined
    if (typeof partBytes !== 'number' || typeof beganAt !== 'number') return undefined
    if (typeof hasCrc !== 'boolean') return undefined
    const size = typeof sizeBytes === 'number' ? { sizeBytes } : {}
    return { bucket, key, uploadId, token, partBytes, hasCrc, beganAt, ...size }
  } catch {
    return undefined
  }
}
