import { canonicalize, parseJsonStrictly } from '../../schema/canonical-json.ts'
import type { NamespaceName } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { namesOperations } from '../../schema/operations/names.ts'
import type { registerOperations } from '../../schema/operations/register.ts'
import type { reservationOperations } from '../../schema/operations/reservations.ts'
import { toProblem } from '../http/problem.ts'
import { answer, json, type Answer, type Route } from '../http/route.ts'
import { abandonReservation } from './abandon-reservation.ts'
import { closeRun } from './close-run.ts'
import { declareJob } from './declare-job.ts'
import { declareNamespace } from './declare-namespace.ts'
import { finalizeReservation } from './finalize-reservation.ts'
import { getCheckpoint } from './get-checkpoint.ts'
import { getEnvironment } from './get-environment.ts'
import { getJob } from './get-job.ts'
import { getManifest } from './get-manifest.ts'
import { getReservation } from './get-reservation.ts'
import { getRun } from './get-run.ts'
import { keepReservation } from './keep-reservation.ts'
import { listCheckpoints } from './list-checkpoints.ts'
import { listJobs } from './list-jobs.ts'
import { listNamespaces } from './list-namespaces.ts'
import { listReservations } from './list-reservations.ts'
import { listRuns } from './list-runs.ts'
import { listShards } from './list-shards.ts'
import { openReservation } from './open-reservation.ts'
import { recordEnvironment } from './record-environment.ts'
import { recordShard } from './record-shard.ts'
import {
  registerCheckpoint,
  type Registered,
  type RegistrationInput,
} from './register-checkpoint.ts'
import { registerCheckpoints } from './register-checkpoints.ts'

type Registration = InputOf<'registerCheckpoint'>['body']

/** The manifest's canonical text, and that of the envelope around it. */
function canonicalForms({ manifest, digest }: Registration): readonly [string, string] {
  const text = canonicalize(manifest)
  const head = digest === undefined ? '' : `"digest":"${digest}",`
  return [text, `{${head}"manifest":${text}}`]
}

/** A body that is not in canonical form may hide duplicate keys: the strict reader refuses those. */
function requireNoDuplicates(canonical: string, sent: string): void {
  if (canonical !== sent) parseJsonStrictly(sent)
}

const registrationOf = (
  namespace: NamespaceName,
  { manifest, digest }: Registration,
  text: string,
): RegistrationInput => ({ namespace, manifest, text, digest })

const registerOne: Route<'registerCheckpoint'> = async (context, principal, input, raw) => {
  const [text, envelope] = canonicalForms(input.body)
  requireNoDuplicates(envelope, raw.text)
  const registration = registrationOf(input.namespace, input.body, text)
  return registered(await registerCheckpoint(context, principal, registration))
}

function registered({ receipt, created }: Registered): Answer {
  const { namespace, checkpoint } = receipt
  return answer(receipt, {
    status: created ? 201 : 200,
    location: `/v1/namespaces/${namespace}/checkpoints/${checkpoint}`,
  })
}

const registerBatch: Route<'registerCheckpoints'> = async (context, principal, input, raw) => {
  const forms = input.body.items.map(canonicalForms)
  requireNoDuplicates(`{"items":[${forms.map(([, envelope]) => envelope).join(',')}]}`, raw.text)
  const inputs = input.body.items.map((item, place) =>
    registrationOf(input.namespace, item, forms[place]?.[0] ?? ''),
  )
  const outcomes = await registerCheckpoints(context, principal, inputs)
  return answer({
    results: outcomes.map((outcome) =>
      outcome.ok
        ? { status: 'registered', receipt: outcome.registered.receipt }
        : { status: 'refused', problem: toProblem(outcome.error) },
    ),
  })
}

/** HTTP to the operations of names, environments, runs and checkpoints. */
export const registerRoutes = {
  declareNamespace: json(declareNamespace),
  listNamespaces: json(listNamespaces),
  declareJob: json(declareJob),
  getJob: json(getJob),
  listJobs: json(listJobs),
  recordEnvironment: async (context, principal, input) => {
    const { receipt, created } = await recordEnvironment(context, principal, input)
    return answer(receipt, { status: created ? 201 : 200 })
  },
  getEnvironment: async (context, principal, input) =>
    answer(await getEnvironment(context, principal, input), { etag: `"${input.digest}"` }),
  getRun: json(getRun),
  listRuns: json(listRuns),
  closeRun: json(closeRun),
  registerCheckpoint: registerOne,
  registerCheckpoints: registerBatch,
  listCheckpoints: json(listCheckpoints),
  getCheckpoint: json(getCheckpoint),
  getManifest: async (context, principal, input) =>
    answer(await getManifest(context, principal, input), { etag: `"${input.digest}"` }),
  openReservation: async (context, principal, input) => {
    const { receipt, created } = await openReservation(context, principal, input)
    return answer(receipt, {
      status: created ? 201 : 200,
      location: `/v1/namespaces/${input.namespace}/reservations/${receipt.reservation}`,
    })
  },
  recordShard: json(recordShard),
  keepReservation: json(keepReservation),
  finalizeReservation: async (context, principal, input) =>
    registered(await finalizeReservation(context, principal, input)),
  abandonReservation: json(abandonReservation),
  getReservation: json(getReservation),
  listReservations: json(listReservations),
  listShards: json(listShards),
} satisfies {
  readonly [
    Id in
      | keyof typeof namesOperations
      | keyof typeof registerOperations
      | keyof typeof reservationOperations
  ]: Route<Id>
}
