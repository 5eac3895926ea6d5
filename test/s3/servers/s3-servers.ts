import { findCephRgw } from '../../../client-sdk/cli/demo/s3/ceph-rgw.ts'
import type { LoopbackS3Starter } from '../../../client-sdk/cli/demo/s3/loopback-s3.ts'
import { findVersitygw } from '../../../client-sdk/cli/demo/s3/versitygw.ts'
import { startS3Double } from '../double/s3-double.ts'
import { givenServer } from './given-server.ts'
import { serverOf, type S3ServerStarter } from './s3-server.ts'

const double: S3ServerStarter = {
  name: 'double',
  start: async () => {
    const started = await startS3Double()
    return serverOf('double', started, started.stop)
  },
}

/** A server that the demonstration starts as well, with buckets for tests. */
function ofTests({ name, start }: LoopbackS3Starter): S3ServerStarter {
  return {
    name,
    start: async () => {
      const started = await start()
      return serverOf(name, started, started.stop)
    },
  }
}

/** The real servers that this machine can have: what is installed, and what the environment names. */
export function realS3Servers(): readonly S3ServerStarter[] {
  const { env } = process
  const local = [findVersitygw(env), findCephRgw(env)].filter((one) => one !== undefined)
  const given = givenServer(env)
  return [...local.map(ofTests), ...(given === undefined ? [] : [given])]
}

/** Every S3 that this machine can have; the double always. */
export function s3Servers(): readonly S3ServerStarter[] {
  return [double, ...realS3Servers()]
}
