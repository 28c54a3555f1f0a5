/** The built-in key-value store: one last-writer-wins map from text to any JSON value. */

import type { Json } from "../../json.ts";
import { argument, textArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { map } from "../fields/map.ts";
import { register } from "../fields/register.ts";

export const kvStore = defineApp({
  name: "kv-store",
  state: { entries: map(register<Json>()) },
  methods: {
    /** `{key, value}` → null. */
    set({ entries }, args) {
      const value = argument(args, "value");
      entries.set(textArgument(args, "key"), value);
    },
    /** `{key}` → null. Writes a tombstone whether the key is present or not. */
    remove({ entries }, args) {
      entries.delete(textArgument(args, "key"));
    },
    /** `{}` → null. Removes every key that is present here. */
    clear({ entries }) {
      entries.clear();
    },
  },
  views: {
    /** `{key}` → the value, or null when there is none. */
    get: ({ entries }, args) => entries.get(textArgument(args, "key")) ?? null,
    /** `{}` → an object of all keys and values. */
    entries: ({ entries }) => Object.fromEntries(entries),
    /** `{}` → how many keys there are. */
    len: ({ entries }) => entries.size,
  },
});
