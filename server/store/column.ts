/** A column: its PostgreSQL type, and the TypeScript type of its values. */
export interface Column<Value> {
  readonly sqlType: 'text' | 'bigint' | 'bytea'
  /** Carries the type; never present at run time. */
  readonly value?: Value
}

/** A column of texts. */
export const text = <Value extends string = string>(): Column<Value> => ({ sqlType: 'text' })
/** A column of integers. */
export const integer = <Value extends number = number>(): Column<Value> => ({ sqlType: 'bigint' })
/** A column of bytes. */
export const bytes = (): Column<Uint8Array> => ({ sqlType: 'bytea' })
/** A column that may be null. */
export const optional = <Value>(column: Column<Value>): Column<Value | null> => ({
  sqlType: column.sqlType,
})
