/** What an application is written with: `import { … } from "reconverge/app"`. See docs/applications.md. */

export { type Application, CallError, type EventSource } from "./application.ts";
export { argument, booleanArgument, textArgument, wholeArgument } from "./arguments.ts";
export {
  type AppDefinition,
  type CallContext,
  defineApp,
  type HandlerContext,
  type State,
  type ViewContext,
  type ViewState,
} from "./define-app.ts";
export { type Counter, counter } from "./fields/counter.ts";
export type { Field } from "./fields/field.ts";
export { type Frozen, frozen } from "./fields/frozen.ts";
export { map, type NestedMap, type ValueMap } from "./fields/map.ts";
export { type Owned, owned } from "./fields/owned.ts";
export type { NestedReading, Reading } from "./fields/reading.ts";
export { type Register, register } from "./fields/register.ts";
export { type List, list, type Text, text } from "./fields/sequence.ts";
export { set, type ValueSet } from "./fields/set.ts";
export { type Shared, shared } from "./fields/shared.ts";
export {
  type SortedNestedMap,
  type SortedRange,
  type SortedSet,
  type SortedValueMap,
  sortedMap,
  sortedSet,
} from "./fields/sorted.ts";
