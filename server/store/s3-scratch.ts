import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { isCatalogError } from '../../schema/errors.ts'
import { callS3, type S3Target } from './s3-client.ts'
import { listS3Versions } from './s3-versions.ts'

/** Folder under a bucket's prefix in which probes try things out. */
export const SCRATCH_FOLDER = '.cairn-probe/'
/** Scratch versions removed at once: far above what probes leave. */
const CLEAN_MAX_COUNT = 1_000
/** What is older was left by a probe that ended before it had cleaned up, and not by one that runs. */
const LEFTOVER_MIN_AGE_MS = 10 * 60 * 1000

/** What a probe writes with, below a scratch prefix that it has for itself. */
export interface Scratch {
  readonly target: S3Target
  readonly signal: AbortSignal
  /** The key of a name. */
  keyOf(name: string): string
  /** Puts bytes under a name. */
  write(
    name: string,
    body: string | Readable,
    members?: Partial<PutObjectCommandInput>,
  ): Promise<{ readonly versionId: string | undefined; readonly etag: string | undefined }>
  read(name: string, versionId: string): Promise<string>
  head(name: string, versionId: string): Promise<HeadObjectCommandOutput>
  /** Removes a version, or lays a delete marker over the name when none is given. */
  remove(name: string, versionId?: string): Promise<void>
}

/** A scratch folder of a bucket. */
export function openScratch(target: S3Target, folder: string, signal: AbortSignal): Scratch {
  const { bucket: Bucket, client, prefix } = target
  const keyOf = (name: string): string => `${prefix}${SCRATCH_FOLDER}${folder}/${name}`
  return {
    target,
    signal,
    keyOf,
    write: async (name, Body, members) => {
      const command = new PutObjectCommand({ Bucket, Key: keyOf(name), Body, ...members })
      const answer = await callS3(target, { signal }, (options) => client.send(command, options))
      return { versionId: answer.VersionId, etag: answer.ETag }
    },
    read: async (name, VersionId) => {
      const command = new GetObjectCommand({ Bucket, Key: keyOf(name), VersionId })
      const answer = await callS3(target, { signal }, async (options) => {
        const { Body } = await client.send(command, options)
        return Body?.transformToString()
      })
      return answer ?? ''
    },
    head: async (name, VersionId) => {
      const command = new HeadObjectCommand({
        Bucket,
        Key: keyOf(name),
        VersionId,
        ChecksumMode: 'ENABLED',
      })
      return callS3(target, { signal }, (options) => client.send(command, options))
    },
    remove: async (name, VersionId) => {
      const command = new DeleteObjectCommand({
        Bucket,
        Key: keyOf(name),
        ...(VersionId === undefined ? {} : { VersionId }),
      })
      await callS3(target, { signal }, (options) => client.send(command, options))
    },
  }
}

/** Content-MD5 of a text, which every store checks that checks anything. */
export function md5Of(text: string): string {
  return createHash('md5').update(text).digest('base64')
}

/**
 * Removes what this probe wrote, and what older ones could not; gives how many versions stay.
 *
 * Only from under the scratch folder: a key of anything else never gets here.
 */
export async function clearScratch(
  target: S3Target,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  const { bucket: Bucket, client, prefix } = target
  const scratch = { ...target, prefix: `${prefix}${SCRATCH_FOLDER}` }
  const found = []
  for await (const one of listS3Versions(scratch, undefined, signal)) {
    found.push(one)
    if (found.length >= CLEAN_MAX_COUNT) break
  }
  const own = `s3://${Bucket}/${scratch.prefix}${folder}/`
  // By the store's clock: what it wrote last is now.
  const nowMs = Math.max(0, ...found.map((one) => Date.parse(one.lastModified)))
  let stayCount = 0
  for (const { uri, versionId: VersionId, lastModified } of found) {
    if (!uri.startsWith(own) && nowMs - Date.parse(lastModified) < LEFTOVER_MIN_AGE_MS) continue
    const Key = uri.slice(`s3://${Bucket}/`.length)
    const remove = async (members: { readonly BypassGovernanceRetention?: boolean }) => {
      const command = new DeleteObjectCommand({ Bucket, Key, VersionId, ...members })
      await callS3(target, { signal }, (options) => client.send(command, options))
    }
    try {
      // The lock that the probe itself has set for a minute.
      await remove({}).catch(() => remove({ BypassGovernanceRetention: true }))
    } catch (error) {
      if (!isCatalogError(error)) throw error
      stayCount += 1
    }
  }
  return stayCount
}
