import { bucketOf, xmlAnswer, type Handler } from './bucket-operations.ts'
import {
  addVersion,
  currentVersion,
  findVersion,
  type Bucket,
  type Store,
  type Version,
} from './bucket-state.ts'
import { S3Failure } from './failure.ts'
import { bypassesGovernance, checkRemovable } from './object-lock.ts'
import { receiveXml } from './receive-body.ts'
import type { Answer, S3Request } from './s3-request.ts'
import { childOf, readXml, textOf, writeXml } from './xml.ts'

/** Keys of one DeleteObjects request. */
const DELETE_MAX_KEYS = 1000

async function deleteObject(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const key = request.key ?? ''
  const ifMatch = request.headers.get('if-match')
  if (ifMatch !== undefined && ifMatch !== '*') {
    const current = currentVersion(bucket, key)
    if (current === undefined) throw new S3Failure('NoSuchKey')
    if (current.etag !== ifMatch) throw new S3Failure('PreconditionFailed')
  }
  const gone = removeOne(store, bucket, {
    key,
    versionId: request.query.get('versionId'),
    bypasses: bypassesGovernance(request),
  })
  const versionId = gone.marker?.versionId ?? request.query.get('versionId')
  return {
    status: 204,
    headers: {
      ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
      ...(gone.marker === undefined ? {} : { 'x-amz-delete-marker': 'true' }),
    },
  }
}

interface Removal {
  readonly key: string
  readonly versionId: string | undefined
  readonly bypasses: boolean
}

/** Removes one version, or hides the key; what is not there is as good as removed. */
function removeOne(
  store: Store,
  bucket: Bucket,
  removal: Removal,
): { readonly marker: Version | undefined } {
  const { key, versionId } = removal
  if (versionId === undefined) {
    if (bucket.versioning !== undefined) {
      const marker = { isMarker: true as const, key, versionId: '', modifiedMs: store.nowMs() }
      return { marker: addVersion(bucket, marker) }
    }
    const current = currentVersion(bucket, key)
    if (current) bucket.history.remove(current)
    return { marker: undefined }
  }
  if (versionId === '') {
    throw new S3Failure('InvalidArgument', 'Version id cannot be the empty string')
  }
  const version = findVersion(bucket, key, versionId)
  if (version === undefined) return { marker: undefined }
  checkRemovable(bucket, version, { bypasses: removal.bypasses, nowMs: store.nowMs() })
  bucket.history.remove(version)
  return { marker: version.isMarker ? version : undefined }
}

async function deleteObjects(store: Store, request: S3Request): Promise<Answer> {
  const bucket = bucketOf(store, request)
  const isChecked = [...request.headers.keys()].some(
    (name) => name === 'content-md5' || /^x-amz-checksum-(?:crc|sha)/.test(name),
  )
  if (!isChecked) {
    throw new S3Failure('InvalidRequest', 'Missing required header for this request: Content-MD5')
  }
  const root = readXml(await receiveXml(request), 'Delete')
  const wanted = root.children.filter((child) => child.name === 'Object')
  if (wanted.length === 0 || wanted.length > DELETE_MAX_KEYS) throw new S3Failure('MalformedXML')
  const results = wanted.map((object) => {
    const key = childOf(object, 'Key')?.text ?? ''
    const versionId = textOf(object, 'VersionId')
    try {
      const { marker } = removeOne(store, bucket, {
        key,
        versionId,
        bypasses: bypassesGovernance(request),
      })
      const isNew = versionId === undefined
      return {
        Deleted: {
          Key: key,
          VersionId: versionId,
          DeleteMarker: marker && true,
          DeleteMarkerVersionId: isNew ? marker?.versionId : undefined,
        },
      }
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error
      return {
        Error: { Key: key, VersionId: versionId, Code: error.code, Message: error.message },
      }
    }
  })
  const isQuiet = textOf(root, 'Quiet') === 'true'
  return xmlAnswer(
    writeXml('DeleteResult', {
      Deleted: isQuiet ? undefined : results.flatMap((one) => one.Deleted ?? []),
      Error: results.flatMap((one) => one.Error ?? []),
    }),
  )
}

/** Handlers that hide keys and destroy versions. */
export const deleteHandlers = {
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
} as const satisfies Record<string, Handler>
