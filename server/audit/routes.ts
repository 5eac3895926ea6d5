import type { auditOperations } from '../../schema/operations/audit.ts'
import { json, type Route } from '../http/route.ts'
import { getHistory } from './get-history.ts'
import { listEntries } from './list-entries.ts'

/** HTTP to the operations of reading the log. */
export const auditRoutes = {
  getHistory: json(getHistory),
  listEntries: json(listEntries),
} satisfies { readonly [Id in keyof typeof auditOperations]: Route<Id> }
