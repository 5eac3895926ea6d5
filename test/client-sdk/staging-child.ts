import { CatalogClient } from '../../client-sdk/client.ts'
import { openSpool, openStaging } from '../../client-sdk/node.ts'
import { openS3Store, type S3StoreOptions } from '../../client-sdk/s3.ts'

/** What a test asks of the process. */
export interface StagingTask {
  readonly directory: string
  readonly options: S3StoreOptions
  readonly steps: readonly number[]
}

/** Stages checkpoints of a run whose catalog and store cannot be reached, says so, and waits to be killed. */
const { directory, options, steps }: StagingTask = JSON.parse(process.argv[2] ?? '')
const spool = await openSpool({ directory })
const catalog = new CatalogClient({
  url: 'http://127.0.0.1:1',
  namespace: 'n',
  token: 't',
  spool,
  store: await openS3Store(options),
  staging: openStaging({ spool }),
})
const run = catalog.runs.handle({ run: 'r', job: 'j', partition: '', attempt: 1 })
for (const step of steps) {
  const contents = [{ name: 'state', content: Buffer.from(`state of step ${step}`) }]
  await run.checkpoint({ step, contents, persistence: 'async' })
}
process.stdout.write('staged\n')
setInterval(() => undefined, 1_000)
