import { startS3Double } from '../double/s3-double.ts'
import { cephRgw } from './ceph-rgw.ts'
import { givenServer } from './given-server.ts'
import { serverOf, type S3ServerStarter } from './s3-server.ts'
import { versitygw } from './versitygw.ts'

const double: S3ServerStarter = {
  name: 'double',
  start: async () => {
    const started = await startS3Double()
    return serverOf('double', started, started.stop)
  },
}

/** The real servers that this machine can have: what is installed, and what the environment names. */
export function realS3Servers(): readonly S3ServerStarter[] {
  return [versitygw(), cephRgw(), givenServer(process.env)].filter((one) => one !== undefined)
}

/** Every S3 that this machine can have; the double always. */
export function s3Servers(): readonly S3ServerStarter[] {
  return [double, ...realS3Servers()]
}
