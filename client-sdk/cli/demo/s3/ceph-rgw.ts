import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import {
  loopbackCredentials,
  type LoopbackS3,
  type LoopbackS3Starter,
  type Variables,
} from './loopback-s3.ts'
import {
  findProgram,
  runToEnd,
  startProcess,
  waitForHttp,
  waitUntil,
  type ServerProcess,
} from './server-process.ts'

const programs = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']

/** Ceph's S3 gateway over one store in memory, if this machine has the programs (Debian: radosgw ceph-mon ceph-osd). */
export function findCephRgw(variables: Variables): LoopbackS3Starter | undefined {
  return programs.every((name) => findProgram(name, variables) !== undefined)
    ? { name: 'ceph-rgw', start: startCephRgw }
    : undefined
}

interface Cluster {
  readonly folder: string
  readonly config: string
  readonly fsid: string
  readonly monitors: string
  readonly gatewayPort: number
  /** In the order of their start. */
  readonly running: ServerProcess[]
}

async function startCephRgw(): Promise<LoopbackS3> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-rgw-'))
  const [msgr2, msgr1, gatewayPort] = [await freePort(), await freePort(), await freePort()]
  const cluster: Cluster = {
    folder,
    config: join(folder, 'ceph.conf'),
    fsid: randomUUID(),
    monitors: `[v2:127.0.0.1:${msgr2},v1:127.0.0.1:${msgr1}]`,
    gatewayPort,
    running: [],
  }
  const stop = async (): Promise<void> => {
    for (const process of cluster.running.toReversed()) await process.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await startCluster(cluster)
    await startGateway(cluster)
  } catch (error) {
    await stop()
    throw error
  }
  const endpoint = `http://127.0.0.1:${gatewayPort}`
  return { endpoint, region: 'us-east-1', credentials: loopbackCredentials, stop }
}

async function startCluster(cluster: Cluster): Promise<void> {
  const { folder, config, running } = cluster
  for (const name of ['mon', 'osd', 'crash']) await mkdir(join(folder, name))
  await writeFile(config, configuration(cluster))
  const ceph = (program: string, ...args: readonly string[]): Promise<string> =>
    runToEnd(program, ['-c', config, ...args])
  const map = join(folder, 'monmap')
  const ids = ['--fsid', cluster.fsid, map]
  await runToEnd('monmaptool', ['--create', '--addv', 'a', cluster.monitors, ...ids])
  await ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
  running.push(startProcess('ceph-mon', ['-c', config, '-i', 'a', '-f']))
  const osd = randomUUID()
  await ceph('ceph', 'osd', 'new', osd)
  await ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd)
  running.push(startProcess('ceph-osd', ['-c', config, '-i', '0', '-f']))
  await waitUntil('ceph-osd', 30_000, async () =>
    (await ceph('ceph', 'osd', 'stat')).includes('1 up'),
  )
}

async function startGateway(cluster: Cluster): Promise<void> {
  const { config, gatewayPort, running } = cluster
  const { accessKeyId, secretAccessKey } = loopbackCredentials
  const client = ['-c', config, '-n', 'client.rgw']
  const user = ['user', 'create', '--uid=test', '--display-name=test']
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
  await runToEnd('radosgw-admin', [...client, ...user, ...keys])
  const gateway = startProcess('radosgw', [...client, '-f'])
  running.push(gateway)
  await waitForHttp('radosgw', `http://127.0.0.1:${gatewayPort}`, gateway)
}

/** All in one folder, in memory, without keys between its parts, and with one copy of everything. */
function configuration(cluster: Cluster): string {
  const { folder } = cluster
  return `[global]
fsid = ${cluster.fsid}
mon host = ${cluster.monitors}
auth cluster required = none
auth service required = none
auth client required = none
# Without it radosgw insists on the secure mode, which needs the keys.
ms mon client mode = crc
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
osd objectstore = memstore
memstore device bytes = ${4 * 1024 ** 3}
osd class load list = *
osd class default list = *
run dir = ${folder}
pid file = ${folder}/$name.pid
admin socket = ${folder}/$name.asok
log file = ${folder}/$name.log
crash dir = ${folder}/crash
mon data = ${folder}/mon
osd data = ${folder}/osd
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${cluster.gatewayPort}
`
}
