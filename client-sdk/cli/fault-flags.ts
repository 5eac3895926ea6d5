import type { Fault, PolicySpec } from '../api.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { ValuesOf } from './command.ts'
import { repeated } from './flag.ts'
import { readDigest, readPair, readText } from './flag-values.ts'
import { readPolicyFile } from './policy-flags.ts'

const heading = 'Faults that did not happen; each may be given several times'

/** The flags that say what to pretend. */
export const faultFlags = {
  loseRegion: repeated(
    { usage: '--lose-region <region>', summary: 'a region is lost', heading },
    readText,
  ),
  loseBucket: repeated(
    {
      usage: '--lose-bucket <bucket>',
      summary: 'a bucket, by its name or its URIs’ beginning, cannot be read',
      heading,
    },
    readText,
  ),
  corrupt: repeated(
    {
      usage: '--corrupt <digest>',
      summary: "a checkpoint's bytes are not what they were",
      heading,
    },
    readDigest,
  ),
  upgrade: repeated(
    {
      usage: '--upgrade <library=version>',
      summary: 'a library of the recorded environments has another version',
      heading,
    },
    readPair,
  ),
  changePolicy: repeated(
    {
      usage: '--change-policy <policy=path>',
      summary: 'a policy says what is in a YAML or JSON file',
      heading,
    },
    readPair,
  ),
}

/**
 * The faults that the flags describe.
 *
 * @throws {MALFORMED_JSON} a policy's file is neither YAML nor JSON
 */
export async function readFaults(values: ValuesOf<typeof faultFlags>): Promise<readonly Fault[]> {
  const changes: Fault[] = []
  for (const [policy, path] of values.changePolicy) {
    const spec: PolicySpec = await readPolicyFile(path)
    changes.push({ fault: 'policy-changed', policy, spec })
  }
  return [
    ...values.loseRegion.map((region): Fault => ({ fault: 'region-lost', region })),
    ...values.loseBucket.map((bucket): Fault => ({ fault: 'bucket-unreadable', bucket })),
    ...values.corrupt.map((checkpoint): Fault => ({ fault: 'checkpoint-corrupt', checkpoint })),
    ...values.upgrade.map(([library, version]): Fault => ({
      fault: 'library-upgraded',
      library,
      version,
    })),
    ...changes,
  ]
}

/** The refusal of a drill in which nothing is pretended. */
export function noFaults(): CatalogError {
  return new CatalogError(
    'INVALID_REQUEST',
    'Say what to pretend: --lose-region, --lose-bucket, --corrupt, --upgrade or --change-policy.',
  )
}
