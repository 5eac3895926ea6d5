import { canonicalize } from '../../schema/canonical-json.ts'
import type { LogKeysPublished } from '../../schema/entry.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { formatVerifierKey } from '../../schema/transparency/verifier-key.ts'
import { newestOf } from '../store/lookup.ts'
import type { Draft } from './command.ts'
import type { PendingFacts } from './facts.ts'
import type { Signer } from '../signing/signer.ts'

const newestKeys = newestOf('log_key', 'log_index', 'namespace')

/** The entry that says which keys sign a log, if its newest one says something else or there is none. */
export async function keysToPublish(
  facts: PendingFacts,
  signer: Signer,
  namespace: NamespaceName,
): Promise<Draft | undefined> {
  const keys: LogKeysPublished['keys'] = signer.verifierKeys(namespace).map((key, place) => ({
    key: formatVerifierKey(key),
    signs: place < signer.signingCount,
  }))
  await facts.load([{ lookup: newestKeys, key: [namespace] }])
  const published = facts.find(newestKeys, [namespace])
  if (published?.keys === canonicalize(keys)) return undefined
  return { kind: 'log-key.published', subject: signer.originOf(namespace), keys }
}
