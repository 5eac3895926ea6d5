import type { Static, TSchema } from 'typebox'
import type * as Api from '../../client-sdk/api.ts'
import type { JsonObject } from '../../schema/canonical-json.ts'
import type { Digest } from '../../schema/digest.ts'
import type { Immutable } from '../../schema/immutable.ts'
import type {
  DrillId,
  FormatName,
  JobName,
  LogIndex,
  NamespaceName,
  Partition,
  PolicyName,
  ReservationId,
  RunId,
} from '../../schema/names.ts'
import type { operations, InputOf, OperationId } from '../../schema/operations.ts'

/** Exactly the same type, optional and readonly members included. */
type Same<Left, Right> =
  (<Probe>() => Probe extends Left ? 1 : 2) extends <Probe>() => Probe extends Right ? 1 : 2
    ? true
    : false

type Name =
  NamespaceName | JobName | RunId | Partition | PolicyName | FormatName | ReservationId | DrillId

/** What the SDK's user sees of a schema's type: names are texts, indexes are numbers. */
type Unbranded<T> = T extends Digest
  ? Api.Digest
  : T extends Name
    ? string
    : T extends LogIndex
      ? number
      : T extends string | number | boolean | null | undefined
        ? T
        : IsJson<T> extends true
          ? JsonObject
          : T extends readonly (infer Item)[]
            ? readonly Unbranded<Item>[]
            : { readonly [Key in keyof T]: Unbranded<T[Key]> }

/** Whether a type is any JSON object, whose own definition is recursive and holds no brand. */
type IsJson<T> = Same<T, JsonObject> extends true ? true : Same<T, Immutable<JsonObject>>

type ResponseOf<Id extends OperationId> = (typeof operations)[Id] extends {
  readonly response: infer Response extends TSchema
}
  ? Static<Response>
  : never

/** The operations whose generated types differ from those of the schemas. */
type Differing = {
  [Id in OperationId]: Same<
    { readonly input: Unbranded<InputOf<Id>>; readonly response: Unbranded<ResponseOf<Id>> },
    {
      readonly input: Unbranded<Api.Operations[Id]['input']>
      readonly response: Unbranded<Api.Operations[Id]['response']>
    }
  > extends true
    ? never
    : Id
}[OperationId]

/** Fails to compile when the SDK's types and the schemas differ; the error names the operations. */
export const differing: Same<Differing, never> extends true ? 'none' : Differing = 'none'

/** Fails to compile when one side has an operation that the other lacks. */
export const sameOperations: Same<OperationId, Api.OperationId> = true
