import { S3Failure } from './failure.ts'

/** What an element holds: text, elements by name, or several of the same name. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlContent[]
  | { readonly [name: string]: XmlContent }

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A document as S3 answers it. */
export function writeXml(root: string, content: XmlContent): string {
  const open = root === 'Error' ? root : `${root} xmlns="${NAMESPACE}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${open}>${inner(content)}</${root}>`
}

function inner(content: XmlContent): string {
  if (content === undefined) return ''
  if (typeof content !== 'object') return escapeText(String(content))
  return Object.entries(content)
    .map(([name, value]) => elements(name, value))
    .join('')
}

function elements(name: string, value: XmlContent): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((one: XmlContent) => elements(name, one)).join('')
  return `<${name}>${inner(value)}</${name}>`
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
}

/** One element that was read. */
export interface XmlNode {
  readonly name: string
  readonly children: readonly XmlNode[]
  /** Its own text, without that of its children. */
  readonly text: string
}

interface OpenNode {
  name: string
  children: XmlNode[]
  text: string
}

const token = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)[^<>]*?(\/?)>|([^<]+)/gy

/** Reads a document of elements and text; what else XML has, S3 does not take. */
export function readXml(document: string, root: string): XmlNode {
  const top: OpenNode = { name: '', children: [], text: '' }
  const open = [top]
  let end = 0
  for (const match of document.matchAll(token)) {
    end = match.index + match[0].length
    const [, close, name, empty, text] = match
    const current = open.at(-1) ?? top
    if (text !== undefined) current.text += unescapeText(text)
    if (name === undefined) continue
    if (close === '/') {
      if (open.length === 1 || current.name !== name) throw new S3Failure('MalformedXML')
      open.pop()
      continue
    }
    const node: OpenNode = { name, children: [], text: '' }
    current.children.push(node)
    if (empty !== '/') open.push(node)
  }
  const only = top.children[0]
  if (end !== document.length || open.length !== 1 || only?.name !== root) {
    throw new S3Failure('MalformedXML')
  }
  return only
}

function unescapeText(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (_, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16))
    const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[String(name)]
    if (named === undefined) throw new S3Failure('MalformedXML')
    return named
  })
}

/** The first child of a name. */
export function childOf(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((child) => child.name === name)
}

/** The text of the first child of a name. */
export function textOf(node: XmlNode | undefined, name: string): string | undefined {
  return childOf(node, name)?.text.trim()
}
