import { CatalogError } from '../../../schema/errors.ts'
import { command } from '../command.ts'
import type { S3Choice } from '../demo/s3/open-demo-s3.ts'
import { optional, refusal, toggle, type Given } from '../flag.ts'
import { readCount } from '../flag-values.ts'

/** Seeds are 32-bit numbers, as the demo's generator takes them. */
const SEED_MAX = 2 ** 32 - 1

export const demo = command({
  words: 'demo',
  summary: 'watch a real job lose its process and its catalog, and not its work',
  heading: 'Server',
  details:
    'With --s3, states are kept in a versioned bucket of the endpoint, with credentials and region as the AWS SDK finds them: in the bucket CAIRN_S3_BUCKET, under a prefix of its own, or in a new bucket. Without an endpoint, in flag or AWS_ENDPOINT_URL_S3, and without CAIRN_S3_BUCKET, it starts a versitygw (CAIRN_VERSITYGW, or on the PATH) or a Ceph on loopback. All is removed at the end. Exit code 8 says that a promise was not kept.',
  takes: {
    seed: optional(
      { usage: '--seed <number>', summary: 'when things are killed; default random, and shown' },
      readCount(0, SEED_MAX),
    ),
    drill: toggle('--drill', 'lose bytes, a region and a library instead, one after the other'),
    keep: toggle('--keep', 'leave the catalog up afterwards, for a look'),
    s3: {
      usage: '--s3 [endpoint]',
      summary: 'keep the states in S3, then verify, withdraw and sweep them there',
      parse: (given: Given): S3Choice | undefined => {
        if (given === undefined) return undefined
        return typeof given === 'string' ? { endpoint: readEndpoint(given) } : {}
      },
    },
  },
  run: async (session, { seed, keep, drill, s3 }) => {
    if (drill && (keep || s3 !== undefined)) {
      throw new CatalogError(
        'INVALID_REQUEST',
        '--drill leaves no catalog up and keeps its states on disk: leave out --keep and --s3.',
      )
    }
    const { runDemo } = await import('../demo/run-demo.ts')
    return await runDemo({ session, keep, seed, drill, s3 })
  },
})

function readEndpoint(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
  if (isHttp) return text
  throw refusal(
    { usage: '--s3' },
    `is ${JSON.stringify(text)}: write a URL, such as http://127.0.0.1:7070`,
  )
}
