/** Runs one method of an application over a state, and collects what it wants changed. */

import type { ApplicationEvent, RefusalCode } from "../effect.ts";
import { isDeeperThan, type Json, type JsonObject } from "../json.ts";
import { depthMax, keyCharactersMax, nameCharactersMax } from "../limits.ts";
import type { Action, ActionOf } from "../state/action.ts";
import { liveEntities, liveEntity } from "../state/reader.ts";
import type { StateStore } from "../state/state-store.ts";
import { type Application, type Call, CallError, type MapAccess } from "./application.ts";

export type Execution =
  | {
      readonly kind: "ran";
      readonly output: Json;
      readonly actions: readonly Action[];
      readonly events: readonly ApplicationEvent[];
    }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly message: string };

/** Executes a method. What it throws as `CallError` is a refusal; anything else is a bug and passes through. */
export function execute(
  application: Application,
  state: StateStore,
  { method: name, args }: { readonly method: string; readonly args: JsonObject },
): Execution {
  const method = Object.hasOwn(application.methods, name) ? application.methods[name] : undefined;
  if (method === undefined) {
    const known = Object.keys(application.methods).join(", ");
    return refused("unknown-method", `${application.name} has no method "${name}"; it has ${known}`);
  }
  const recorder = new Recorder(state, args);
  try {
    const output = method.run(recorder);
    if (method.access === "read" && recorder.actions.length + recorder.events.length > 0)
      return refused("call-failed", `"${name}" only reads, but wrote`);
    return { kind: "ran", output, actions: recorder.actions, events: recorder.events };
  } catch (error) {
    if (error instanceof CallError) return refused(error.code, error.message);
    throw error;
  }
}

function refused(code: RefusalCode, message: string): Execution {
  return { kind: "refused", code, message };
}

/** Encoding needs a stack frame a level, so depth is judged before it. */
function refuseTooDeep(value: Json): void {
  if (isDeeperThan(value, depthMax))
    throw new CallError(`a value nested deeper than ${depthMax}`, "bad-arguments");
}

/** The call as its method sees it. One action a key: the last write of a call wins within it. */
class Recorder implements Call {
  readonly args: JsonObject;
  readonly events: ApplicationEvent[] = [];
  readonly #state: StateStore;
  readonly #written = new Map<string, Map<string, ActionOf<"register">>>();

  constructor(state: StateStore, args: JsonObject) {
    this.#state = state;
    this.args = args;
  }

  get actions(): readonly Action[] {
    return Array.from(this.#written.values(), (byKey) => Array.from(byKey.values())).flat();
  }

  emit(kind: string, content: Json): void {
    refuseTooDeep(content);
    this.events.push({ kind, content });
  }

  map(collection: string): MapAccess {
    if (collection.length > nameCharactersMax)
      throw new CallError(`a collection's name above ${nameCharactersMax} characters`);
    const written = this.#written.get(collection) ?? new Map<string, ActionOf<"register">>();
    this.#written.set(collection, written);
    const write = (action: ActionOf<"register">) => {
      if (action.key.length > keyCharactersMax) {
        throw new CallError(
          `a key of ${action.key.length} characters, at most ${keyCharactersMax} are allowed`,
          "bad-arguments",
        );
      }
      written.set(action.key, action);
    };
    return {
      get: (key) => this.#read(collection, key),
      set: (key, value) => {
        refuseTooDeep(value);
        write({ type: "register", collection, key, change: { kind: "put", value } });
      },
      remove: (key) => write({ type: "register", collection, key, change: { kind: "remove" } }),
      entries: () => this.#entries(collection),
    };
  }

  #read(collection: string, key: string): Json | undefined {
    const action = this.#written.get(collection)?.get(key);
    if (action !== undefined) return action.change.kind === "put" ? action.change.value : undefined;
    return liveEntity(this.#state, "register", { collection, key })?.content.value;
  }

  #entries(collection: string): readonly (readonly [string, Json])[] {
    const entries = new Map(
      liveEntities(this.#state, "register", collection).map(({ key, content }) => [key, content.value]),
    );
    for (const [key, { change }] of this.#written.get(collection) ?? []) {
      if (change.kind === "put") entries.set(key, change.value);
      else entries.delete(key);
    }
    return Array.from(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
