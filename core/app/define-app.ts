/** How an application is written: a record of fields, methods that change them, views that read them, and handlers of events. */

import { InvariantError } from "../assert.ts";
import type { Json, JsonObject } from "../json.ts";
import { nameCharactersMax } from "../limits.ts";
import type { AnyCall, Application, Call, Handler, HandlerCall, Method } from "./application.ts";
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

/** What a method is told of its call. `Handlers` are the names of the application's handlers. */
export interface CallContext<Handlers extends string = string> extends Omit<Call, "args" | "draft" | "emit"> {
  /** Sends an event along with the write. Every other node that receives it owes it the handler, if one is named. */
  emit(event: string, content: Json, handler?: Handlers): void;
}

/** What a view is told of its call: it has nobody to send events to. */
export type ViewContext = Omit<CallContext, "emit" | "callContext">;

/** What a handler is told. What it emits names no handlers. */
export interface HandlerContext extends Omit<HandlerCall, "content" | "draft" | "emit"> {
  emit(event: string, content: Json): void;
}

type HandlerOf<Of extends Fields> = (state: State<Of>, content: Json, call: HandlerContext) => void;

export interface AppDefinition<Of extends Fields, Handlers extends string = string> {
  /** Contexts name it; see the genesis. */
  readonly name: string;
  readonly state: Of;
  /** What returns nothing answers null. All that a call writes becomes one delta; a thrown `CallError` leaves nothing of it. */
  readonly methods: Readonly<
    // biome-ignore lint/suspicious/noConfusingVoidType: what a method without an answer returns.
    Record<string, (state: State<Of>, args: JsonObject, call: CallContext<Handlers>) => Json | void>
  >;
  /** A view that writes is refused. */
  readonly views: Readonly<
    Record<string, (state: ViewState<Of>, args: JsonObject, call: ViewContext) => Json>
  >;
  /**
   * What nodes do that receive an event, by the name given to `emit`. Runs at least once on each, never on the author,
   * and in any order: it must come to the same whichever of two events it is run for first, and when it runs twice.
   */
  readonly handlers?: {
    readonly [Name in Handlers]: HandlerOf<Of>;
  };
}

/** Makes an application of its definition. Throws for names that cannot be. */
export function defineApp<const Of extends Fields, const Handlers extends string = never>(
  definition: AppDefinition<Of, Handlers>,
): Application {
  const { name, state, methods, views } = definition;
  // Whatever the names, each is of such a function.
  const handlers: Readonly<Record<string, HandlerOf<Of>>> = definition.handlers ?? {};
  checkNames(name, { fields: state, methods, views, handlers });
  const open = (call: AnyCall) => openState(state, call);
  const changing = Object.entries(methods).map(([method, run]): [string, Method] => [
    method,
    { access: "write", run: (call) => run(open(call), call.args, call) ?? null },
  ]);
  const reading = Object.entries(views).map(([view, run]): [string, Method] => [
    view,
    // A handle reads all that its reading does.
    { access: "read", run: (call) => run(open(call) as unknown as ViewState<Of>, call.args, call) },
  ]);
  const handling = Object.entries(handlers).map(([handler, run]): [string, Handler] => [
    handler,
    { run: (call) => run(open(call), call.content, call) },
  ]);
  return {
    name,
    methods: Object.fromEntries([...changing, ...reading]),
    handlers: Object.fromEntries(handling),
  };
}

function checkNames(
  name: string,
  { fields, methods, views, handlers }: Readonly<Record<"fields" | "methods" | "views" | "handlers", object>>,
): void {
  for (const field of Object.keys(fields)) {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(field) || field.length > nameCharactersMax)
      throw new InvariantError(`"${field}" cannot name a field of ${name}: letters, digits, - and _`);
  }
  const twice = Object.keys(methods).find((method) => Object.hasOwn(views, method));
  if (twice !== undefined) throw new InvariantError(`${name} has "${twice}" as a method and as a view`);
  const long = Object.keys(handlers).find((handler) => handler.length > nameCharactersMax);
  if (long !== undefined)
    throw new InvariantError(
      `"${long}" cannot name a handler of ${name}: at most ${nameCharactersMax} characters`,
    );
}

function openState<Of extends Fields>(fields: Of, { draft }: AnyCall): State<Of> {
  const handles = Object.entries(fields).map(([name, field]) => [name, field.open(name, draft)]);
  // Each handle is its own field's, by name.
  return Object.freeze(Object.fromEntries(handles)) as State<Of>;
}
