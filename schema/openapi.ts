import { CatalogError } from './errors.ts'
import { readContract, writeComponent, type WrittenSchema } from './openapi-components.ts'
import { writePaths } from './openapi-paths.ts'
import type { StatusOf } from './openapi-problems.ts'
import { servicePaths } from './openapi-service.ts'

const tags: Readonly<Record<string, string>> = {
  names: 'Namespaces and jobs: what the rest is named after.',
  policies: 'What classes of jobs need: goals, grades, retention, storage, verification.',
  environments: 'What computations ran in.',
  runs: 'Executions of a job: each opens, fences the older ones, and closes.',
  checkpoints: 'Saved states: registered once, never changed.',
  recovery: 'The latest good state, and the plan to go on from it.',
  lineage: 'What came from what, and how two states differ.',
  evidence: 'Recorded findings about the bytes of a checkpoint.',
  retention: 'Withdrawal of checkpoints, what keeps them, and removal of their bytes.',
  log: 'The append-only log of a namespace.',
  service: 'The server itself.',
}

const description = `An immutable checkpoint catalog and metadata registry for long-running analytical, batch and training jobs.

What is registered never changes: a checkpoint's id is the digest of its manifest, and registering the same manifest again answers the same receipt. A success for a write means that it is on disk.

Every refusal is an \`application/problem+json\` with a stable \`code\` and a \`requestId\`. Lists are keyset pages of \`items\` and \`next\`.`

/**
 * The OpenAPI 3.1 document of the HTTP API, written from the operations table.
 *
 * @param statusOf the HTTP status of every code, as the server answers it
 * @throws {INTERNAL} a schema or a tag is outside of what the generator knows
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openapiDocument(statusOf: StatusOf): WrittenSchema {
  const contract = readContract()
  return {
    openapi: '3.1.1',
    info: {
      title: 'Cairn',
      version: '1.0.0',
      summary: 'Immutable checkpoint catalog and metadata registry',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: 'http://127.0.0.1:7420', description: 'The embedded default.' }],
    security: [{ token: [] }],
    tags: writeTags(contract.operations.map((read) => read.operation.tag)),
    paths: { ...writePaths(contract, statusOf), ...servicePaths },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of a configured issuer; its claims map to grants.',
        },
      },
      parameters,
      headers,
      schemas: Object.fromEntries(
        [...contract.named].map(([title, node]) => [title, writeComponent(node, contract.named)]),
      ),
    },
  }
}

function writeTags(used: readonly string[]): readonly WrittenSchema[] {
  return [...new Set([...used, 'service'])].map((name) => {
    const words = tags[name]
    if (words === undefined) {
      throw new CatalogError('INTERNAL', `The tag "${name}" has no description: add one here.`)
    }
    return { name, description: words }
  })
}

const parameters = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Made once for each logical request and sent again with each repeat of it: the first answer is given again.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\u0021-\\u007e]+$' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The entity tags that the caller has.',
    schema: { type: 'string', maxLength: 1024 },
  },
} as const

const headers = {
  ETag: {
    description: 'The digest of the bytes in quotes; strong.',
    required: true,
    schema: { type: 'string' },
  },
  RetryAfter: {
    description: 'Seconds to wait before the same request may succeed.',
    schema: { type: 'integer', minimum: 0 },
  },
  LogStopped: {
    description:
      'Only where the log of the namespace is read and not written to: `LOG_ROLLED_BACK` if the database lacks what was signed, as one that was set back does, with the indexes of the entries that are missing; `LOG_CORRUPT` if it contradicts itself. What is answered is what the database has, and may not be the newest; a 404 carries it too.',
    schema: { type: 'string', examples: ['LOG_ROLLED_BACK;missing-from=40;missing-to=44'] },
  },
  WwwAuthenticate: {
    description: 'What is wrong with the token, RFC 6750.',
    schema: { type: 'string' },
  },
} as const
