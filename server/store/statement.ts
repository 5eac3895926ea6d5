import type { CompiledQuery } from 'kysely'
import type { Reader } from './database.ts'

interface Compilable<Result> {
  compile(): CompiledQuery<Result>
}

type Run = (text: string, parameters: readonly unknown[]) => unknown[]

const directRuns = new WeakMap<object, Run>()

/** Lets compiled queries of this handle run on its connection itself: kysely's own way there costs more than they do. */
export function runDirectly(handle: object, run: Run): void {
  directRuns.set(handle, run)
}

/** Whether compiled queries of this handle run without a round trip. */
export function readsDirectly(handle: object): boolean {
  return directRuns.has(handle)
}

const sharedAnswers = new WeakMap<object, Map<string, unknown[]>>()

/** Gives a handle a place for the answers of statements that share them; who made it clears it with its snapshot. */
export function shareAnswers(handle: object, answers: Map<string, unknown[]>): void {
  sharedAnswers.set(handle, answers)
}

/** Stands in for a value while a query is compiled. */
class Placeholder {
  readonly name: PropertyKey
  constructor(name: PropertyKey) {
    this.name = name
  }
}

/**
 * A query compiled once a database: building and compiling costs more than running a point read does.
 * `param('x')` marks where the value of `x` goes.
 */
export function statement<Params extends object, Result>(
  build: (
    db: Reader,
    param: <Name extends keyof Params>(name: Name) => Params[Name],
  ) => Compilable<Result>,
  /** Whether requests of one turn share the answer, where the handle reads them from one snapshot. */
  { isShared = false }: { readonly isShared?: boolean } = {},
): (db: Reader, params: Params) => Promise<Result[]> {
  const compiled = new WeakMap<Reader, CompiledQuery<Result>>()
  return async (db, params) => {
    let query = compiled.get(db)
    if (query === undefined) {
      query = build(db, (name) => new Placeholder(name) as never).compile()
      compiled.set(db, query)
    }
    const parameters = query.parameters.map((value) =>
      value instanceof Placeholder ? params[value.name as keyof Params] : value,
    )
    const run = directRuns.get(db)
    if (run !== undefined) {
      const answers = isShared ? sharedAnswers.get(db) : undefined
      if (answers === undefined) return run(query.sql, parameters) as Result[]
      const key = `${query.sql}\n${parameters.join('\n')}`
      const known = answers.get(key)
      if (known !== undefined) return known as Result[]
      const found = run(query.sql, parameters)
      answers.set(key, found)
      return found as Result[]
    }
    const { rows } = await db.executeQuery<Result>({ ...query, parameters } as never)
    return rows
  }
}
