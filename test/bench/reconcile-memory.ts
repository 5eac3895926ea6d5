import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf } from '../../schema/digest.ts'
import type { Config } from '../../server/config.ts'
import { openTestCatalog } from '../harness/catalog.ts'
import { sampleManifest } from '../harness/samples.ts'
import { answered, declareScene, sceneIn } from '../register/scene.ts'
import { startS3Double } from '../s3/double/s3-double.ts'
import { configWithBuckets, useCredentials } from '../s3/open-store.ts'

/**
 * What a catalog needs to reconcile so many objects: `node test/bench/reconcile-memory.ts [count]`. The store is
 * in another process, and so is whoever registers, so that the memory is of the reconciliation alone.
 */
const COUNT_DEFAULT = 100_000
const BLOBS_COUNT = 1_000
const MIB = 1024 * 1024

const [first = '', configFile = ''] = process.argv.slice(2)
if (first === 'fill' || first === 'reconcile') await work(first, configFile)
else await measure(Number(first || COUNT_DEFAULT))

async function measure(count: number): Promise<void> {
  const double = await startS3Double()
  useCredentials(double)
  double.createBucket('states')
  const config = await configWithBuckets('sqlite', double, [{ bucket: 'states' }])
  const file = join(config.dataDirectory, 'bench.json')
  const blobs = Array.from({ length: count }, (_, place) => {
    const [key, text] = [`many/${(place * 7919) % count}`, String(place % 10)]
    const versionId = double.behindTheBack.store('states', key, Buffer.from(text))
    const name = String(place % BLOBS_COUNT)
    return { name, uri: `s3://states/${key}`, versionId, sizeBytes: 1, digest: digestOf(text) }
  })
  writeFileSync(file, JSON.stringify(config))
  writeFileSync(`${file}.blobs`, JSON.stringify(blobs))
  for (const what of ['fill', 'reconcile']) {
    const words = [fileURLToPath(import.meta.url), what, file]
    const [code] = await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'exit')
    if (code !== 0) process.exitCode = 1
  }
  rmSync(config.dataDirectory, { recursive: true, force: true })
  await double.stop()
}

async function work(what: 'fill' | 'reconcile', file: string): Promise<void> {
  const config = JSON.parse(readFileSync(file, 'utf8')) as Config
  const at = await openTestCatalog('sqlite', config)
  if (what === 'fill') {
    const blobs = JSON.parse(readFileSync(`${file}.blobs`, 'utf8')) as readonly object[]
    const scene = await declareScene(at, 'airline')
    const { run } = await scene.open('many')
    for (let from = 0; from < blobs.length; from += BLOBS_COUNT) {
      const shards = [{ rank: 0, blobs: blobs.slice(from, from + BLOBS_COUNT) }]
      const manifest = sampleManifest(run, from, { shards } as object)
      answered(await scene.register(manifest), 201)
    }
  } else {
    const scene = sceneIn(at, 'airline')
    const [beforeMiB, startMs] = [process.memoryUsage.rss() / MIB, performance.now()]
    let called = await scene.post('/buckets/states/reconciliations', {})
    while (called.status === 202 || called.body.state === 'running') {
      const { reconciliation } = called.body
      called = await scene.post('/buckets/states/reconciliations', { reconciliation })
    }
    const { counts } = answered(called, 200)
    const seconds = (performance.now() - startMs) / 1000
    // Of the whole life of the process; Linux tells it in KiB.
    const peakMiB = process.resourceUsage().maxRSS / 1024
    process.stdout.write(
      `${counts.versions} versions and ${counts.references} pointers in ${seconds.toFixed(1)} s: ${beforeMiB.toFixed(0)} MiB before, ${peakMiB.toFixed(0)} MiB at most\n`,
    )
  }
  await at.catalog.close()
}
