/** The built-in key-value store: one last-writer-wins map from text to any JSON value. */

import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { type Application, type Call, CallError } from "./application.ts";

const collection = "entries";

export const kvStore: Application = {
  name: "kv-store",
  methods: {
    /** `{key, value}` → null. */
    set: { access: "write", run: (call) => writeEntry(call) },
    /** `{key}` → the value, or null when there is none. */
    get: { access: "read", run: (call) => call.map(collection).get(textArgument(call.args, "key")) ?? null },
    /** `{key}` → null. Writes a tombstone whether the key is present or not. */
    remove: {
      access: "write",
      run: (call) => {
        call.map(collection).remove(textArgument(call.args, "key"));
        return null;
      },
    },
    /** `{}` → an object of all keys and values. */
    entries: { access: "read", run: (call) => Object.fromEntries(call.map(collection).entries()) },
    /** `{}` → how many keys there are. */
    len: { access: "read", run: (call) => call.map(collection).entries().length },
    /** `{}` → null. Removes every key that is present here. */
    clear: { access: "write", run: clear },
  },
};

function writeEntry(call: Call): Json {
  const value = call.args.value;
  if (value === undefined) throw new CallError('the argument "value" is missing', "bad-arguments");
  call.map(collection).set(textArgument(call.args, "key"), value);
  return null;
}

function clear(call: Call): Json {
  const map = call.map(collection);
  for (const [key] of map.entries()) map.remove(key);
  return null;
}

function textArgument(args: JsonObject, name: string): string {
  const value = args[name];
  if (typeof value === "string") return value;
  throw new CallError(`the argument "${name}" must be text; ${describe(value)}`, "bad-arguments");
}

function describe(value: Json | undefined): string {
  if (value === undefined) return "it is missing";
  if (typeof value !== "object" || value === null) return `found ${String(value)}`;
  return `found ${isJsonObject(value) ? "an object" : "a list"}`;
}
