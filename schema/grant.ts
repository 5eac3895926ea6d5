import { CatalogError } from './errors.ts'

/** What a principal may do: `append` registers, `retire` tombstones, `admin` declares namespaces. */
export const verbs = ['append', 'read', 'verify', 'retire', 'audit', 'admin'] as const
export type Verb = (typeof verbs)[number]

/** Verbs on a `namespace/job` pattern, in which `*` stands for any run of characters. */
export interface Grant {
  readonly verbs: readonly Verb[]
  readonly on: string
}

/** Who asks, and what they were granted. */
export interface Principal {
  readonly id: string
  readonly grants: readonly Grant[]
}

const patternGrammar = /^[a-z0-9._*-]{1,129}\/[a-z0-9._*-]{1,129}$/

/** Whether a text is a grant's pattern: a namespace and a job, each a name with `*` for any run of characters. */
export function isGrantPattern(text: string): boolean {
  return patternGrammar.test(text)
}

/** Whether a pattern with `*` matches the whole of a name; linear, so a hostile pattern costs nothing. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return head === name
  if (!name.startsWith(head)) return false
  const tail = rest.pop() ?? ''
  let at = head.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - tail.length >= at && name.endsWith(tail)
}

function splitPattern(on: string): readonly [string, string] {
  const slash = on.indexOf('/')
  return [on.slice(0, slash), on.slice(slash + 1)]
}

/** Whether the principal may do this to that job. Deny is the default. */
export function mayOnJob(
  principal: Principal,
  verb: Verb,
  on: { readonly namespace: string; readonly job: string },
): boolean {
  return grantOnJob(principal, verb, on) !== undefined
}

/** Patterns, with `*`, of the jobs of a namespace that the principal may do this to. */
export function jobPatterns(
  principal: Principal,
  verb: Verb,
  namespace: string,
): readonly string[] {
  return patternsOf(principal, verb).flatMap(([on, job]) =>
    matchesPattern(on, namespace) ? [job] : [],
  )
}

/** Patterns, with `*`, of the namespaces in which the principal may do this to something. */
export function namespacePatterns(principal: Principal, verb: Verb): readonly string[] {
  return patternsOf(principal, verb).map(([on]) => on)
}

function patternsOf(principal: Principal, verb: Verb): readonly (readonly [string, string])[] {
  return principal.grants
    .filter((grant) => grant.verbs.includes(verb))
    .map((grant) => splitPattern(grant.on))
}

/**
 * Refuses what the principal may not do to a job; gives the pattern of the grant that allows it.
 *
 * @throws {FORBIDDEN}
 */
export function requireOnJob(
  principal: Principal,
  verb: Verb,
  on: { readonly namespace: string; readonly job: string },
): string {
  const grant = grantOnJob(principal, verb, on)
  if (grant === undefined) throw forbidden(principal, verb, `${on.namespace}/${on.job}`)
  return grant.on
}

/**
 * Refuses what the principal may not do to every job of a namespace; gives the pattern of the grant that
 * allows it.
 *
 * @throws {FORBIDDEN}
 */
export function requireOnNamespace(principal: Principal, verb: Verb, namespace: string): string {
  const grant = grantOnNamespace(principal, verb, namespace)
  if (grant === undefined) throw forbidden(principal, verb, `${namespace}/*`)
  return grant.on
}

/**
 * Refuses a principal who may do this nowhere in the namespace; gives the pattern of a grant within it.
 *
 * @throws {FORBIDDEN}
 */
export function requireWithin(principal: Principal, verb: Verb, namespace: string): string {
  const grant = grantWithin(principal, verb, namespace)
  if (grant === undefined) throw forbidden(principal, verb, namespace)
  return grant.on
}

function grantOnJob(
  principal: Principal,
  verb: Verb,
  on: { readonly namespace: string; readonly job: string },
): Grant | undefined {
  return principal.grants.find((grant) => {
    if (!grant.verbs.includes(verb)) return false
    const [namespace, job] = splitPattern(grant.on)
    return matchesPattern(namespace, on.namespace) && matchesPattern(job, on.job)
  })
}

function grantOnNamespace(principal: Principal, verb: Verb, namespace: string): Grant | undefined {
  return principal.grants.find((grant) => {
    const [pattern, job] = splitPattern(grant.on)
    return job === '*' && grant.verbs.includes(verb) && matchesPattern(pattern, namespace)
  })
}

function grantWithin(principal: Principal, verb: Verb, namespace: string): Grant | undefined {
  return principal.grants.find(
    (grant) => grant.verbs.includes(verb) && matchesPattern(splitPattern(grant.on)[0], namespace),
  )
}

const forbidden = (principal: Principal, verb: Verb, on: string): CatalogError =>
  new CatalogError(
    'FORBIDDEN',
    `${principal.id} has no grant to ${verb} on ${on}: ask for a token with that grant.`,
    { detail: { verb, on } },
  )
