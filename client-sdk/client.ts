import { deliverDirectly, type Delivery, type FlushOptions, type FlushReport } from './delivery.ts'
import { parseOptions, type ClientOptions } from './options.ts'
import { AccessLog } from './resources/access-log.ts'
import { Checkpoints } from './resources/checkpoints.ts'
import { Environments } from './resources/environments.ts'
import { Holds } from './resources/holds.ts'
import { Jobs } from './resources/jobs.ts'
import { LineageQueries } from './resources/lineage.ts'
import { Log } from './resources/log.ts'
import { Namespaces } from './resources/namespaces.ts'
import { Policies } from './resources/policies.ts'
import { Recovery } from './resources/recovery.ts'
import { Reservations } from './resources/reservations.ts'
import { Runs } from './resources/runs.ts'
import { SpooledDelivery } from './spooled-delivery.ts'
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
  readonly environments: Environments
  readonly runs: Runs
  readonly checkpoints: Checkpoints
  readonly reservations: Reservations
  readonly holds: Holds
  readonly recovery: Recovery
  readonly lineage: LineageQueries
  readonly log: Log
  readonly accessLog: AccessLog
  readonly #delivery: Delivery

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
    this.namespaces = new Namespaces(scope)
    this.jobs = new Jobs(scope)
    this.policies = new Policies(scope)
    this.environments = new Environments(scope)
    this.runs = new Runs({ ...scope, delivery: this.#delivery, clock: settings.clock })
    this.checkpoints = new Checkpoints(scope)
    this.reservations = new Reservations({ ...scope, clock: settings.clock })
    this.holds = new Holds(scope)
    this.recovery = new Recovery(scope)
    this.lineage = new LineageQueries(scope)
    this.log = new Log(scope)
    this.accessLog = new AccessLog(scope)
  }

  /**
   * Sends what waits in the spool, of all runs and processes; at once done without a spool.
   *
   * @throws {DEADLINE_EXCEEDED} records still wait
   */
  flush(options?: FlushOptions): Promise<FlushReport> {
    return this.#delivery.flush(options)
  }

  /** Ends what goes on in the background. Whoever opened the spool closes it, after this. */
  close(): Promise<void> {
    return this.#delivery.close()
  }

  /** The same as {@link CatalogClient.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
