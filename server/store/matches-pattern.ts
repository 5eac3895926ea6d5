import { sql, type Expression, type SqlBool } from 'kysely'

/**
 * The condition that a column's name matches one of the patterns of grants, as `matchesPattern` decides it. A list that
 * shows each caller something else filters by it in the database: what the caller may not see then fills no page, and
 * no cursor can name it.
 */
export function matchesPatterns(column: string, patterns: readonly string[]): Expression<SqlBool> {
  if (patterns.includes('*')) return sql<SqlBool>`1 = 1`
  const different = [...new Set(patterns)]
  const names = different.filter((pattern) => !pattern.includes('*'))
  const ref = sql.ref(column)
  const conditions = different
    .filter((pattern) => pattern.includes('*'))
    .map((pattern) => sql<SqlBool>`${ref} like ${likeOf(pattern)} escape '!'`)
  if (names.length > 0) conditions.push(sql<SqlBool>`${ref} in (${sql.join(names)})`)
  if (conditions.length === 0) return sql<SqlBool>`1 = 0`
  return sql<SqlBool>`(${sql.join(conditions, sql` or `)})`
}

/** Names are lower case, so that it makes no difference that SQLite compares without it. */
function likeOf(pattern: string): string {
  return pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%')
}
