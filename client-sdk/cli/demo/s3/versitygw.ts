import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CatalogError } from '../../../../schema/errors.ts'
import { freePort } from './free-port.ts'
import {
  loopbackCredentials,
  type LoopbackS3,
  type LoopbackS3Starter,
  type Variables,
} from './loopback-s3.ts'
import { findProgram, isExecutable, startProcess, waitForHttp } from './server-process.ts'

/** Names the program, if it is not on PATH. */
const VERSITYGW_VARIABLE = 'CAIRN_VERSITYGW'

/**
 * The Versity S3 Gateway over a temporary folder, if this machine has the program.
 *
 * @throws {CONFIG_INVALID} `CAIRN_VERSITYGW` names something that cannot be run
 */
export function findVersitygw(variables: Variables): LoopbackS3Starter | undefined {
  const named = variables[VERSITYGW_VARIABLE] || undefined
  if (named !== undefined && !isExecutable(named)) {
    throw new CatalogError(
      'CONFIG_INVALID',
      `${VERSITYGW_VARIABLE} names ${named}, which cannot be run: name the program, or nothing.`,
    )
  }
  const program = named ?? findProgram('versitygw', variables)
  return program === undefined
    ? undefined
    : { name: 'versitygw', start: async () => startVersitygw(program) }
}

async function startVersitygw(program: string): Promise<LoopbackS3> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-versitygw-'))
  const [objects, versions] = [join(folder, 'objects'), join(folder, 'versions')]
  await mkdir(objects)
  await mkdir(versions)
  const address = `127.0.0.1:${await freePort()}`
  const { accessKeyId, secretAccessKey } = loopbackCredentials
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
  return { endpoint, region: 'us-east-1', credentials: loopbackCredentials, stop }
}
