import { CatalogError } from '../schema/errors.ts'
import type { BlobStore } from './blob-store.ts'
import type { FlushOptions, FlushReport } from './checkpoint-result.ts'
import { deliverDirectly, type Delivery } from './delivery.ts'
import { parseOptions, type ClientOptions } from './options.ts'
import { AccessLog } from './resources/access-log.ts'
import { Buckets } from './resources/buckets.ts'
import { Checkpoints } from './resources/checkpoints.ts'
import { Drills } from './resources/drills.ts'
import { Environments } from './resources/environments.ts'
import { Formats } from './resources/formats.ts'
import { Holds } from './resources/holds.ts'
import { Jobs } from './resources/jobs.ts'
import { LineageQueries } from './resources/lineage.ts'
import { Log } from './resources/log.ts'
import { Namespaces } from './resources/namespaces.ts'
import { Policies } from './resources/policies.ts'
import { Recovery } from './resources/recovery.ts'
import { Retention } from './resources/retention.ts'
import { Reservations } from './resources/reservations.ts'
import { Runs } from './resources/runs.ts'
import { SpooledDelivery } from './spooled-delivery.ts'
import type { Staging, UploadParts, Uploads } from './staging.ts'
import { TokenSource } from './token.ts'
import { Transport } from './transport.ts'

/**
 * A catalog, seen from a job or a tool: one namespace of one server.
 *
 * Works wherever `fetch` and `crypto` do. Every failure is a `CatalogError` with a code of the closed set.
 */
export class CatalogClient implements AsyncDisposable {
  readonly namespaces: Namespaces
  readonly jobs: Jobs
  readonly policies: Policies
  readonly formats: Formats
  readonly environments: Environments
  readonly runs: Runs
  readonly checkpoints: Checkpoints
  readonly reservations: Reservations
  readonly holds: Holds
  readonly retention: Retention
  readonly recovery: Recovery
  readonly drills: Drills
  readonly lineage: LineageQueries
  readonly log: Log
  readonly accessLog: AccessLog
  readonly buckets: Buckets
  readonly #delivery: Delivery
  readonly #uploads: Uploads | undefined

  /**
   * @throws {CONFIG_INVALID} an option is out of bounds
   * @throws {TOKEN_MISSING} the token is empty or cannot be sent in a header
   */
  constructor(options: ClientOptions) {
    const settings = parseOptions(options)
    const transport = new Transport(settings, new TokenSource(options.token))
    const scope = { namespace: options.namespace, transport }
    this.#delivery =
      options.spool === undefined
        ? deliverDirectly(transport)
        : new SpooledDelivery(options.spool, transport, settings)
    const { store, staging } = options
    this.#uploads = attachStaging(staging, {
      store,
      delivery: this.#delivery,
      clock: settings.clock,
    })
    const persistence = { store, uploads: this.#uploads }
    this.namespaces = new Namespaces(scope)
    this.jobs = new Jobs(scope)
    this.policies = new Policies(scope)
    this.formats = new Formats(scope)
    this.environments = new Environments(scope)
    this.runs = new Runs({
      ...scope,
      ...persistence,
      delivery: this.#delivery,
      clock: settings.clock,
    })
    this.checkpoints = new Checkpoints(scope)
    this.retention = new Retention(scope)
    this.reservations = new Reservations({ ...scope, clock: settings.clock })
    this.holds = new Holds(scope)
    this.recovery = new Recovery(scope)
    this.drills = new Drills(scope)
    this.lineage = new LineageQueries(scope)
    this.log = new Log(scope)
    this.accessLog = new AccessLog(scope)
    this.buckets = new Buckets(scope)
  }

  /**
   * Uploads what is staged and sends what waits in the spool, of all runs and processes; at once done without a spool.
   *
   * @throws {DEADLINE_EXCEEDED} some still waits
   * @throws {STORE_UNAVAILABLE} the store failed; what is staged stays there
   */
  async flush(options?: FlushOptions): Promise<FlushReport> {
    await this.#uploads?.settle(undefined, options)
    return await this.#delivery.flush(options)
  }

  /** Ends what goes on in the background; an upload goes on with the next process. Whoever opened the spool closes it, after this. */
  async close(): Promise<void> {
    await this.#uploads?.close()
    await this.#delivery.close()
  }

  /** The same as {@link CatalogClient.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function attachStaging(
  staging: Staging | undefined,
  { store, ...parts }: Omit<UploadParts, 'store'> & { readonly store: BlobStore | undefined },
): Uploads | undefined {
  if (staging === undefined) return undefined
  if (store !== undefined) return staging.attach({ store, ...parts })
  throw new CatalogError(
    'CONFIG_INVALID',
    'The client cannot be made: "staging" needs a "store" to upload to.',
  )
}
