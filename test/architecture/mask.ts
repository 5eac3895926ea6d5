const lineComment = /\/\/[^\n]*/y
const blockComment = /\/\*[\s\S]*?\*\//y
const quoted = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y
const templateText = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y
const regularExpression = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y

/** After one of these words a slash begins a regular expression, though a word comes before it. */
const wordBeforeExpression =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|throw|new|delete|await|yield|instanceof)$/

/** Longest word of the list above and one character before it. */
const LOOK_BACK_CHARACTERS = 12

/**
 * The same text with everything that is not code made blank: comments, the insides of strings and
 * templates, regular expressions. Offsets and line breaks stay, so a match in the mask points into the source.
 */
export function maskSource(text: string): string {
  // For each template that is open, how many braces are open inside its current `${`.
  const openBraces: number[] = []
  let masked = ''
  while (masked.length < text.length) {
    const at = masked.length
    const character = text.charAt(at)
    if (character === '}' && openBraces.at(-1) === 0) {
      openBraces.pop()
      masked += maskTemplate(text, at, openBraces)
    } else if (character === '`') {
      masked += maskTemplate(text, at, openBraces)
    } else if (character === '/') {
      masked += maskSlash(text, at, masked)
    } else if (character === "'" || character === '"') {
      masked += maskQuoted(text, at)
    } else {
      countBrace(character, openBraces)
      masked += character
    }
  }
  return masked
}

function countBrace(character: string, openBraces: number[]): void {
  const open = openBraces.at(-1)
  if (open === undefined) return
  if (character === '{') openBraces[openBraces.length - 1] = open + 1
  if (character === '}') openBraces[openBraces.length - 1] = open - 1
}

/** From a backtick, or from the brace that ends a `${`, to the next `${` or the end of the template. */
function maskTemplate(text: string, at: number, openBraces: number[]): string {
  const chunk = matchAt(templateText, text, at + 1)
  if (chunk === undefined) return text.charAt(at)
  const end = chunk.endsWith('`') ? '`' : '${'
  if (end === '${') openBraces.push(0)
  return text.charAt(at) + blank(chunk.slice(0, -end.length)) + end
}

function maskSlash(text: string, at: number, before: string): string {
  const comment = matchAt(lineComment, text, at) ?? matchAt(blockComment, text, at)
  if (comment !== undefined) return blank(comment)
  const expression = mayStartExpression(before) ? matchAt(regularExpression, text, at) : undefined
  return expression === undefined ? '/' : blank(expression)
}

function maskQuoted(text: string, at: number): string {
  const string = matchAt(quoted, text, at)
  const quote = text.charAt(at)
  return string === undefined ? quote : quote + blank(string.slice(1, -1)) + quote
}

/** Whether a slash here begins a regular expression; after a value it divides. */
function mayStartExpression(before: string): boolean {
  const end = before.trimEnd()
  if (!/[\w$)\]}'"`]$/.test(end)) return true
  return wordBeforeExpression.test(end.slice(-LOOK_BACK_CHARACTERS))
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}
