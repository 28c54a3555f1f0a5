/** How an application is written: a record of fields, methods that change them, views that read them, and handlers of events. */

import { InvariantError } from "../assert.ts";
import type { Json, JsonObject } from "../json.ts";
import { nameCharactersMax } from "../limits.ts";
import type { AnyCall, Application, Call, Handler, HandlerCall, Method } from "./application.ts";
import type { Draft } from "./draft.ts";
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
export interface CallContext<Handlers extends string = string>
  extends Omit<Call, "args" | "draft" | "ownDraft" | "emit"> {
  /** Sends an event along with the write. Every other node that receives it owes it the handler, if one is named. */
  emit(event: string, content: Json, handler?: Handlers): void;
}

/** What a view is told of its call: it has nobody to send events to. */
export type ViewContext = Omit<CallContext, "emit" | "callContext">;

/** What a handler is told. What it emits names no handlers. */
export interface HandlerContext extends Omit<HandlerCall, "content" | "draft" | "ownDraft" | "emit"> {
  emit(event: string, content: Json): void;
}

type HandlerOf<Of extends Fields> = (state: State<Of>, content: Json, call: HandlerContext) => void;

/** No fields. */
type None = Readonly<Record<never, never>>;

export interface AppDefinition<
  Of extends Fields,
  Own extends Fields = None,
  Handlers extends string = string,
> {
  /** Contexts name it; see the genesis. */
  readonly name: string;
  /** What all replicas share. */
  readonly state: Of;
  /** What each node keeps for itself and no other ever sees. Read and written beside the state, under other names. */
  readonly private?: Own;
  /** What returns nothing answers null. All that a call writes becomes one delta; a thrown `CallError` leaves nothing of it. */
  readonly methods: Readonly<
    // biome-ignore lint/suspicious/noConfusingVoidType: what a method without an answer returns.
    Record<string, (state: State<Of & Own>, args: JsonObject, call: CallContext<Handlers>) => Json | void>
  >;
  /** A view that writes is refused. */
  readonly views: Readonly<
    Record<string, (state: ViewState<Of & Own>, args: JsonObject, call: ViewContext) => Json>
  >;
  /**
   * What nodes do that receive an event, by the name given to `emit`. Runs at least once on each, never on the author,
   * and in any order: it must come to the same whichever of two events it is run for first, and when it runs twice.
   */
  readonly handlers?: {
    readonly [Name in Handlers]: HandlerOf<Of & Own>;
  };
}

/** Makes an application of its definition. Throws for names that cannot be. */
export function defineApp<
  const Of extends Fields,
  const Own extends Fields = None,
  const Handlers extends string = never,
>(definition: AppDefinition<Of, Own, Handlers>): Application {
  const { name, state, methods, views } = definition;
  const own: Fields = definition.private ?? {};
  // Whatever the names, each is of such a function.
  const handlers: Readonly<Record<string, HandlerOf<Of & Own>>> = definition.handlers ?? {};
  checkNames(name, { state, own, methods, views, handlers });
  const open = ({ draft, ownDraft }: AnyCall) =>
    // Each handle is its own field's, by name.
    Object.freeze({ ...openFields(state, draft), ...openFields(own, ownDraft) }) as State<Of & Own>;
  const changing = Object.entries(methods).map(([method, run]): [string, Method] => [
    method,
    { access: "write", run: (call) => run(open(call), call.args, call) ?? null },
  ]);
  const reading = Object.entries(views).map(([view, run]): [string, Method] => [
    view,
    // A handle reads all that its reading does.
    { access: "read", run: (call) => run(open(call) as unknown as ViewState<Of & Own>, call.args, call) },
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
  about: Readonly<Record<"state" | "own" | "methods" | "views" | "handlers", object>>,
): void {
  for (const field of [...Object.keys(about.state), ...Object.keys(about.own)]) {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(field) || field.length > nameCharactersMax)
      throw new InvariantError(`"${field}" cannot name a field of ${name}: letters, digits, - and _`);
  }
  if (name === "" || name.length > nameCharactersMax)
    throw new InvariantError(`"${name}" cannot name an application: 1 to ${nameCharactersMax} characters`);
  const both = Object.keys(about.state).find((field) => Object.hasOwn(about.own, field));
  if (both !== undefined) throw new InvariantError(`${name} has "${both}" in its state and as private`);
  const twice = Object.keys(about.methods).find((method) => Object.hasOwn(about.views, method));
  if (twice !== undefined) throw new InvariantError(`${name} has "${twice}" as a method and as a view`);
  const long = Object.keys(about.handlers).find((handler) => handler.length > nameCharactersMax);
  if (long !== undefined)
    throw new InvariantError(
      `"${long}" cannot name a handler of ${name}: at most ${nameCharactersMax} characters`,
    );
}

function openFields(fields: Fields, draft: Draft): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.open(name, draft)]));
}
