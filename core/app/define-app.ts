/** How an application is written: a record of fields, methods that change them and views that read them. */

import { InvariantError } from "../assert.ts";
import type { Json, JsonObject } from "../json.ts";
import { nameCharactersMax } from "../limits.ts";
import type { Application, Call, Method } from "./application.ts";
import type { Field } from "./fields/field.ts";
import type { Reading } from "./fields/reading.ts";

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a method sees of the state: a handle for each field. */
export type State<Of extends Fields> = {
  readonly [Name in keyof Of]: Of[Name] extends Field<infer Handle> ? Handle : never;
};

/** What a view sees of the state: the same handles, for reading. */
export type ViewState<Of extends Fields> = {
  readonly [Name in keyof Of]: Of[Name] extends Field<infer Handle> ? Reading<Handle> : never;
};

/** What a method is told of its call. */
export type CallContext = Omit<Call, "args" | "draft">;

/** What a view is told of its call: it has nobody to send events to. */
export type ViewContext = Omit<CallContext, "emit">;

export interface AppDefinition<Of extends Fields> {
  /** Contexts name it; see the genesis. */
  readonly name: string;
  readonly state: Of;
  /** What returns nothing answers null. All that a call writes becomes one delta; a thrown `CallError` leaves nothing of it. */
  readonly methods: Readonly<
    // biome-ignore lint/suspicious/noConfusingVoidType: what a method without an answer returns.
    Record<string, (state: State<Of>, args: JsonObject, call: CallContext) => Json | void>
  >;
  /** A view that writes is refused. */
  readonly views: Readonly<
    Record<string, (state: ViewState<Of>, args: JsonObject, call: ViewContext) => Json>
  >;
}

/** Makes an application of its definition. Throws for names that cannot be. */
export function defineApp<const Of extends Fields>(definition: AppDefinition<Of>): Application {
  const { name, state, methods, views } = definition;
  for (const field of Object.keys(state)) {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(field) || field.length > nameCharactersMax)
      throw new InvariantError(`"${field}" cannot name a field of ${name}: letters, digits, - and _`);
  }
  const twice = Object.keys(methods).find((method) => Object.hasOwn(views, method));
  if (twice !== undefined) throw new InvariantError(`${name} has "${twice}" as a method and as a view`);
  const open = (call: Call) => openState(state, call);
  const changing = Object.entries(methods).map(([method, run]): [string, Method] => [
    method,
    { access: "write", run: (call) => run(open(call), call.args, call) ?? null },
  ]);
  const reading = Object.entries(views).map(([view, run]): [string, Method] => [
    view,
    // A handle reads all that its reading does.
    { access: "read", run: (call) => run(open(call) as unknown as ViewState<Of>, call.args, call) },
  ]);
  return { name, methods: Object.fromEntries([...changing, ...reading]) };
}

function openState<Of extends Fields>(fields: Of, { draft }: Call): State<Of> {
  const handles = Object.entries(fields).map(([name, field]) => [name, field.open(name, draft)]);
  // Each handle is its own field's, by name.
  return Object.freeze(Object.fromEntries(handles)) as State<Of>;
}
