/** What every entry says, beside its own facts. */
export interface EntryBase {
  /** Version of this kind's shape; a reader upcasts older ones. */
  readonly v: 1
  /** When the server decided, RFC 3339 UTC: a claim of the server's clock, never an order. */
  readonly at: string
  /** Id of the principal that asked. */
  readonly actor: string
  /** What the entry is about: a name, a run id or a digest. */
  readonly subject: string
}
