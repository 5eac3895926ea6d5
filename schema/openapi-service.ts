import type { WrittenSchema } from './openapi-components.ts'

const notReady: WrittenSchema = {
  'application/json': {
    schema: {
      type: 'object',
      required: ['status'],
      properties: {
        status: { type: 'string', enum: ['unavailable', 'reads-only'] },
        stopped: {
          type: 'array',
          maxItems: 16,
          items: {
            type: 'object',
            required: ['code'],
            properties: {
              code: { type: 'string', enum: ['LOG_ROLLED_BACK', 'LOG_CORRUPT'] },
              missingFrom: { type: 'integer', minimum: 0 },
              missingTo: { type: 'integer', minimum: 0 },
            },
          },
        },
      },
    },
  },
}

/**
 * The routes of the server itself, which no operation of the catalog describes: none needs a token, and
 * none refuses a request.
 */
export const servicePaths: WrittenSchema = {
  '/healthz': {
    get: {
      ...service('getHealth', 'Whether the process is alive'),
      responses: { 200: { description: 'It is.', content: status('ok') } },
    },
  },
  '/readyz': {
    get: {
      ...service(
        'getReadiness',
        'Whether the server reaches its database, and may write to every log',
      ),
      parameters: [
        {
          name: 'for',
          in: 'query',
          description: 'With `reads`, a server that only reads is ready too.',
          schema: { type: 'string', const: 'reads' },
        },
      ],
      responses: {
        200: { description: 'It does, and may.', content: status('ready') },
        503: {
          description:
            'It does not (`unavailable`), or there are logs that it reads and does not write to (`reads-only`): the database lacks what was signed, or contradicts itself. The log of the server names them.',
          content: notReady,
        },
      },
    },
  },
  '/openapi.yaml': {
    get: {
      ...service('getOpenapi', 'This document'),
      responses: {
        200: {
          description: 'OpenAPI 3.1.',
          content: { 'application/yaml': { schema: { type: 'string' } } },
        },
      },
    },
  },
}

function service(operationId: string, summary: string): WrittenSchema {
  return { operationId, summary, tags: ['service'], security: [] }
}

function status(value: string): WrittenSchema {
  const properties = { status: { type: 'string', const: value } }
  return { 'application/json': { schema: { type: 'object', required: ['status'], properties } } }
}
