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
    if (run !== undefined) return run(query.sql, parameters) as Result[]
    const { rows } = await db.executeQuery<Result>({ ...query, parameters } as never)
    return rows
  }
}
