import { CatalogError } from '../../schema/errors.ts'

/**
 * Refuses a request that names another host: what a browser sends after DNS rebinding, or from another
 * site's page.
 *
 * @throws {HOST_NOT_ALLOWED}
 */
export function createCheckHost(allowedHosts: readonly string[]): (headers: Headers) => void {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()))
  return (headers) => {
    const host = headers.get('host')
    if (host !== null && !allowed.has(hostName(host))) throw notAllowed('Host', host)
    const origin = headers.get('origin')
    if (origin === null) return
    const name = URL.canParse(origin) ? new URL(origin).hostname : ''
    if (!allowed.has(name)) throw notAllowed('Origin', origin)
  }
}

function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':')
  return (end <= 0 ? host : host.slice(0, end)).toLowerCase()
}

const notAllowed = (header: string, value: string): CatalogError =>
  new CatalogError(
    'HOST_NOT_ALLOWED',
    `This catalog does not answer for the ${header} "${value.slice(0, 200)}": add it to CAIRN_ALLOWED_HOSTS if it is yours.`,
  )
