import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../harness/free-port.ts'
import { serverOf, testCredentials, type S3ServerStarter } from './s3-server.ts'
import { findProgram, isExecutable, startProcess, waitForHttp } from './server-process.ts'

/** Names the program, if it is not on PATH. */
const VERSITYGW_VARIABLE = 'CAIRN_VERSITYGW'

/** The Versity S3 Gateway over a temporary folder, if this machine has the program. */
export function versitygw(): S3ServerStarter | undefined {
  const named = process.env[VERSITYGW_VARIABLE]
  if (named !== undefined && !isExecutable(named)) {
    throw new Error(`${VERSITYGW_VARIABLE} names ${named}, which cannot be run`)
  }
  const program = named ?? findProgram('versitygw')
  return program === undefined
    ? undefined
    : { name: 'versitygw', start: async () => startVersitygw(program) }
}

async function startVersitygw(program: string): ReturnType<S3ServerStarter['start']> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-versitygw-'))
  const [objects, versions] = [join(folder, 'objects'), join(folder, 'versions')]
  await mkdir(objects)
  await mkdir(versions)
  const address = `127.0.0.1:${await freePort()}`
  const { accessKeyId, secretAccessKey } = testCredentials
  const keys = ['--access', accessKeyId, '--secret', secretAccessKey]
  const backend = ['posix', '--versioning-dir', versions, objects]
  const gateway = startProcess(program, ['--port', address, '--quiet', ...keys, ...backend])
  const stop = async (): Promise<void> => {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const endpoint = `http://${address}`
  try {
    await waitForHttp('versitygw', endpoint, gateway)
  } catch (error) {
    await stop()
    throw error
  }
  return serverOf(
    'versitygw',
    { endpoint, region: 'us-east-1', credentials: testCredentials },
    stop,
  )
}
