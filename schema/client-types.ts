import { operationMembers, renderOperationTable } from './client-operations.ts'
import { childrenOf, readContract, type Contract } from './openapi-components.ts'
import type { SchemaNode, SchemaShape } from './openapi-schema.ts'

type Named = Contract['named']

/** Types that the SDK has by hand: what JSON is, and the closed set of codes. */
const handWritten: Readonly<Record<string, string>> = {
  ErrorCode: 'export type ErrorCode = CatalogErrorCode',
  JsonMap: 'export type JsonMap = JsonObject',
  JsonValue: 'export type JsonValue = Json',
}

const header = `// Written from schema/operations.ts by \`npm run openapi\`; changes here are lost.

import type { Json, JsonObject } from '../schema/canonical-json.ts'
import type { ErrorCode as CatalogErrorCode } from '../schema/errors.ts'

export type { Json, JsonObject } from '../schema/canonical-json.ts'
`

/**
 * The text of \`client-sdk/api.ts\`: the types of the HTTP API and its operations as data.
 *
 * It names no TypeBox type, so that whoever installs the SDK needs no TypeBox.
 *
 * @throws {INTERNAL} a schema is outside of what the generator knows
 */
export function renderClientTypes(): string {
  const contract = readContract()
  const uses = usesOf(contract)
  const { named } = contract
  const declarations = [...named].map(
    ([title, node]) =>
      renderComment(node.description ?? uses.get(title) ?? '') +
      renderDeclaration(title, node, named),
  )
  return [
    header,
    ...declarations,
    renderOperations(contract),
    '/** The name of an operation. */\nexport type OperationId = keyof Operations\n',
    renderOperationTable(contract),
  ].join('\n')
}

function renderDeclaration(title: string, node: SchemaNode, named: Named): string {
  const written = handWritten[title]
  if (written !== undefined) return `${written}\n`
  if (node.shape.kind === 'object')
    return `export interface ${title} ${renderType(node.shape, named)}\n`
  return `export type ${title} = ${title === 'Digest' ? '`sha256:${string}`' : renderType(node.shape, named)}\n`
}

function renderUse(node: SchemaNode, named: Named): string {
  return node.title ?? renderType(node.shape, named)
}

function renderType(shape: SchemaShape, named: Named): string {
  switch (shape.kind) {
    case 'any':
      return 'Json'
    case 'integer':
      return 'number'
    case 'const':
      return JSON.stringify(shape.value)
    case 'enum':
      return shape.values.map((value) => JSON.stringify(value)).join(' | ')
    case 'array':
      return `readonly (${renderUse(shape.items, named)})[]`
    case 'open-object':
      return 'Readonly<Record<string, unknown>>'
    case 'map':
      return `Readonly<Record<string, ${renderUse(shape.values, named)}>>`
    case 'union':
      return shape.options.map((option) => renderUse(option, named)).join(' | ')
    case 'object':
      return `{ ${shape.members
        .map(
          ({ name, required, node }) =>
            `${renderMemberWords(node, named)}readonly ${name}${required ? '' : '?'}: ${renderUse(node, named)}\n`,
        )
        .join('')} }`
    default:
      return shape.kind
  }
}

function renderOperations(contract: Contract): string {
  const rendered = contract.operations.map((read) => {
    const { summary, description, errors } = read.operation
    const words = renderComment(
      description === undefined ? `${summary}.` : `${summary}. ${description}`,
    )
    const input = renderType({ kind: 'object', members: operationMembers(read) }, contract.named)
    const response = renderUse(read.response, contract.named)
    const codes = errors.map((code) => JSON.stringify(code)).join(' | ') || 'never'
    return `${words}readonly ${read.id}: { readonly input: ${input}, readonly response: ${response}, readonly errors: ${codes} }`
  })
  return `/** What each operation takes and answers, and its own codes beside those that all have. */\nexport interface Operations {\n${rendered.join('\n')}\n}\n`
}

/** The words of a member, unless its type says the same. */
function renderMemberWords(node: SchemaNode, named: Named): string {
  const ofType = node.title === undefined ? undefined : named.get(node.title)?.description
  const own = node.description === ofType ? '' : (node.description ?? '')
  const preset = node.default === undefined ? '' : ` Default: \`${JSON.stringify(node.default)}\`.`
  return renderComment((own + preset).trim())
}

/** Widest line of a comment, indented by at most four characters in a page of 100. */
const COMMENT_MAX_LENGTH = 90

function renderComment(text: string): string {
  if (text === '') return ''
  const safe = text.replaceAll('*/', '*\\/')
  if (safe.length <= COMMENT_MAX_LENGTH) return `/** ${safe} */\n`
  const lines = ['']
  for (const word of safe.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length < COMMENT_MAX_LENGTH) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(` ${word}`)
  }
  return `/**\n${lines.map((line) => ` *${line}\n`).join('')} */\n`
}

/** Where each schema is used first: by an operation, or as a part of another schema. */
function usesOf(contract: Contract): ReadonlyMap<string, string> {
  const uses = new Map<string, string>()
  const note = (node: SchemaNode | undefined, use: string) => {
    if (node?.title !== undefined && !uses.has(node.title)) uses.set(node.title, use)
  }
  for (const { id, body, response } of contract.operations) {
    note(body, `What \`${id}\` takes.`)
    note(response, `What \`${id}\` answers.`)
  }
  for (const [title, node] of contract.named) {
    for (const part of partsOf(node.shape)) note(part, `Part of {@link ${title}}.`)
  }
  return uses
}

/** The schemas with a title that a shape is made of, not those within them. */
function partsOf(shape: SchemaShape): readonly SchemaNode[] {
  return childrenOf(shape).flatMap((child) =>
    child.title === undefined ? partsOf(child.shape) : [child],
  )
}
