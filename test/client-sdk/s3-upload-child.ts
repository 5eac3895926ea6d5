import { readFile } from 'node:fs/promises'
import { openS3Store, type S3StoreOptions } from '../../client-sdk/s3.ts'
import { contentOf, MIB } from './s3-fixture.ts'

/** What a test asks of the process. */
export interface UploadTask {
  readonly options: S3StoreOptions
  readonly sizeBytes: number
}

/** What the process prints when the upload is done. */
export interface UploadReport {
  readonly digest: string
  readonly versionId: string
  readonly uri: string
  /** Most memory that was ever resident, in MiB. */
  readonly residentMiB: number
}

/** Puts a content of one's own making, in a process that a test may kill. */
const { options, sizeBytes }: UploadTask = JSON.parse(process.argv[2] ?? '')
const store = await openS3Store(options)
const { digest, versionId, uri } = await store.put('state.bin', contentOf(sizeBytes, MIB))
const status = await readFile('/proc/self/status', 'utf8')
const residentMiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
const report: UploadReport = { digest, versionId, uri, residentMiB }
process.stdout.write(JSON.stringify(report))
store.close()
