/** The built-in counters: as many as there are names, each counted by everybody at once. */

import { textArgument, wholeArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { counter } from "../fields/counter.ts";
import { map } from "../fields/map.ts";

export const counterApp = defineApp({
  name: "counter",
  state: { counters: map(counter()) },
  methods: {
    /** `{key, by?}` → null. */
    increment({ counters }, args) {
      counters.at(textArgument(args, "key")).increment(wholeArgument(args, "by", 1));
    },
    /** `{key, by?}` → null. */
    decrement({ counters }, args) {
      counters.at(textArgument(args, "key")).decrement(wholeArgument(args, "by", 1));
    },
    /** `{key}` → null. Back to zero; what others count at the same time goes too. */
    reset({ counters }, args) {
      counters.at(textArgument(args, "key")).reset();
    },
  },
  views: {
    /** `{key}` → the count, 0 where nobody counted. */
    value: ({ counters }, args) => counters.at(textArgument(args, "key")).value,
    /** The same, as expectations of scenarios read it. */
    get: ({ counters }, args) => counters.at(textArgument(args, "key")).value,
    /** `{}` → an object of all counts by name. */
    values: ({ counters }) => Object.fromEntries(counters.entries().map(([key, { value }]) => [key, value])),
  },
});
