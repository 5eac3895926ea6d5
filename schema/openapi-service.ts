import type { WrittenSchema } from './openapi-components.ts'

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
      ...service('getReadiness', 'Whether the server reaches its database'),
      responses: {
        200: { description: 'It does.', content: status('ready') },
        503: { description: 'It does not.', content: status('unavailable') },
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
