import type {
  FormatReceipt,
  FormatSpec,
  FormatVersion,
  FormatVersionSummary,
  LogIndex,
  Operations,
} from '../api.ts'
import type { CallOptions } from '../options.ts'
import type { PageIterator } from '../page.ts'
import { listPages, type ListQuery, type Scope } from './scope.ts'

/** Formats: how states are written, version by version, each with the schema of its metadata. */
export class Formats {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Publishes a version; the same again changes nothing. Registrations that name it are checked from then on.
   *
   * @throws {FORMAT_SCHEMA_INVALID} the schema is none, or cannot be bounded
   * @throws {FORMAT_INCOMPATIBLE} it does not fit the version before in the mode that was named
   * @throws {FORMAT_CONFLICT} the version is published with other content
   */
  publish(
    format: string,
    version: string,
    spec: FormatSpec,
    options?: CallOptions,
  ): Promise<FormatReceipt> {
    const { namespace, transport } = this.#scope
    return transport.call('publishFormat', { namespace, format, version, body: spec }, options)
  }

  /**
   * Gets a version with its schema.
   *
   * @throws {FORMAT_NOT_FOUND} it was never published
   */
  get(
    format: string,
    version: string,
    query: { readonly asOf?: LogIndex } = {},
    options?: CallOptions,
  ): Promise<FormatVersion> {
    const { namespace, transport } = this.#scope
    return transport.call('getFormatVersion', { namespace, format, version, ...query }, options)
  }

  /** Lists formats by name, each with its newest version. */
  list(
    query: ListQuery<Operations['listFormats']['input']> = {},
    options: CallOptions = {},
  ): PageIterator<FormatVersionSummary> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('listFormats', { ...query, namespace, ...page }, call),
    )
  }

  /** Lists the versions of a format with their changelog, newest first. */
  versions(
    format: string,
    query: ListQuery<Omit<Operations['getFormat']['input'], 'format'>> = {},
    options: CallOptions = {},
  ): PageIterator<FormatVersionSummary> {
    const { namespace, transport } = this.#scope
    return listPages(options, (page, call) =>
      transport.call('getFormat', { ...query, namespace, format, ...page }, call),
    )
  }
}
