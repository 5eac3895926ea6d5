import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parseLogPolicy, type LogPolicy } from '../../schema/transparency/log-policy.ts'
import type { NamespaceName } from '../../schema/names.ts'
import { formatVerifierKey, type VerifierKey } from '../../schema/transparency/verifier-key.ts'
import type { Dialect } from '../../migrations/dialect.ts'
import type { RunningWitness } from '../../server/witness/start-witness.ts'
import { newConfig, openTestCatalog, type TestCatalog } from '../harness/catalog.ts'
import { declareScene, type Scene } from '../register/scene.ts'
import { valueOf } from '../transparency/note-samples.ts'
import { newFolder, witnessIn } from './witness-fixture.ts'

export const NAMESPACE = 'airline'

/** The keys of a catalog's log, which are made when it first opens. */
export function logKeysOf(at: TestCatalog, namespace = NAMESPACE): readonly VerifierKey[] {
  return at.catalog.context.signer.verifierKeys(namespace as NamespaceName)
}

/** A policy with the witnesses' names, keys and URLs, and a quorum of some of them. */
export function policyText(
  witnesses: readonly { readonly url: string; readonly verifierKey: string }[],
  quorum: number | 'none' = witnesses.length,
): string {
  const lines = witnesses.map(
    ({ url, verifierKey }, at) => `witness w${at} ${verifierKey} ${url}\n`,
  )
  const names = witnesses.map((_, at) => `w${at}`).join(' ')
  const group = quorum === 'none' ? 'quorum none\n' : `group g ${quorum} ${names}\nquorum g\n`
  return lines.join('') + group
}

/** A policy that also trusts keys of logs, as an auditor has it. */
export function auditorPolicy(keys: readonly VerifierKey[], text: string): LogPolicy {
  const logs = keys.map((key) => `log ${formatVerifierKey(key)}\n`)
  return valueOf(parseLogPolicy(logs.join('') + text))
}

/** A catalog whose logs are cosigned as a policy says, with a declared namespace. */
export interface Witnessed {
  readonly scene: Scene
  readonly keys: readonly VerifierKey[]
}

/** Opens a catalog, tells its keys to whoever makes the policy, and opens it again with that policy. */
export async function openWitnessed(
  context: Pick<TestContext, 'after'>,
  dialect: Dialect,
  policyFor: (keys: readonly VerifierKey[]) => Promise<string>,
): Promise<Witnessed> {
  const config = await newConfig(dialect)
  const first = await openTestCatalog(dialect, config)
  const keys = logKeysOf(first)
  await first.catalog.close()
  const logPolicyFile = join(config.dataDirectory, 'witnesses.policy')
  mkdirSync(config.dataDirectory, { recursive: true })
  writeFileSync(logPolicyFile, await policyFor(keys))
  const at = await openTestCatalog(dialect, { ...config, logPolicyFile })
  context.after(() => at.close())
  return { scene: await declareScene(at, NAMESPACE), keys }
}

/** A witness of these logs, which ends with the test. */
export async function openWitness(
  context: Pick<TestContext, 'after'>,
  keys: readonly VerifierKey[],
): Promise<RunningWitness> {
  const witness = await witnessIn(newFolder(context), keys)
  context.after(() => witness.close())
  return witness
}
