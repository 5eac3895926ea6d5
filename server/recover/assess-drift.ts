import { canonicalize } from '../../schema/canonical-json.ts'
import { digestOf, type Digest } from '../../schema/digest.ts'
import type { Caller, Drift } from '../../schema/drift.ts'
import { driftRuleSet } from '../../schema/drift-rules.ts'
import type { Environment } from '../../schema/environment.ts'
import { CatalogError } from '../../schema/errors.ts'
import { findDrift, sideOfCaller, sideOfManifest } from '../../schema/find-drift.ts'
import type { LogIndex, NamespaceName, PolicyName } from '../../schema/names.ts'
import type { Reader } from '../store/database.ts'
import type { Row } from '../store/tables.ts'
import { readEnvironment, readManifest } from '../timeline/read-document.ts'
import { readJobPolicy, readPolicy } from '../timeline/read-policy.ts'

/** The policy whose terms hold where that of the job says nothing of drift. */
const NAMESPACE_POLICY = 'drift' as PolicyName

/** What a caller says it runs, against which state, and as of when. */
export interface DriftQuestion {
  readonly checkpoint: Row<'checkpoint'>
  readonly caller: Caller
  readonly asOf: LogIndex
  /** Whether to compare only where a policy has terms: a run that names its environment has not asked for it. */
  readonly onlyByPolicy?: boolean
}

/**
 * How what a caller runs differs from what made a state, by the policy that is in force; undefined where nobody asks.
 *
 * @throws {ENVIRONMENT_NOT_FOUND} the caller names an environment that is not recorded
 */
export async function assessDrift(
  db: Reader,
  { checkpoint, caller, asOf, onlyByPolicy = false }: DriftQuestion,
): Promise<Drift | undefined> {
  const { namespace, job } = checkpoint
  const own = await readJobPolicy(db, { namespace, job, asOf })
  const shared = await readPolicy(db, { namespace, policy: NAMESPACE_POLICY, asOf })
  const terms = own?.spec.drift ?? shared?.spec.drift
  if (onlyByPolicy && terms === undefined) return undefined
  const manifest = await readManifest(db, checkpoint)
  const made = await readEnvironment(db, namespace, manifest.environment)
  const { digest: current, document } = await readCaller(db, namespace, caller)
  const found = findDrift(
    sideOfManifest(manifest, made),
    sideOfCaller(caller, document),
    driftRuleSet(terms),
  )
  const { difference, ruleSet } = found
  const [acknowledged] = await db
    .selectFrom('drift_acknowledgement')
    .select('log_index')
    .where('namespace', '=', namespace)
    .where('job', '=', job)
    .where('difference', '=', difference)
    .where('rule_set', '=', ruleSet)
    .where('log_index', '<=', asOf)
    .execute()
  return {
    ...found,
    ...(manifest.environment === undefined ? {} : { recorded: manifest.environment }),
    ...(current === undefined ? {} : { current }),
    ...(acknowledged === undefined ? {} : { acknowledged: acknowledged.log_index }),
  }
}

interface CallerEnvironment {
  readonly digest: Digest | undefined
  readonly document: Environment | undefined
}

async function readCaller(
  db: Reader,
  namespace: NamespaceName,
  { environment }: Caller,
): Promise<CallerEnvironment> {
  if (environment === undefined) return { digest: undefined, document: undefined }
  if (typeof environment !== 'string') {
    return { digest: digestOf(canonicalize(environment)), document: environment }
  }
  const document = await readEnvironment(db, namespace, environment)
  if (document !== undefined) return { digest: environment, document }
  throw new CatalogError(
    'ENVIRONMENT_NOT_FOUND',
    `The environment ${environment} is not recorded: PUT it to /environments/${environment} first, or send the document itself.`,
  )
}
