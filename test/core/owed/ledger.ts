// An application that shows what was owed and what was done: what is asked for in one place is counted in another.

import { CallError } from "../../../core/app/application.ts";
import { textArgument } from "../../../core/app/arguments.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { counter } from "../../../core/app/fields/counter.ts";
import { map } from "../../../core/app/fields/map.ts";
import { set } from "../../../core/app/fields/set.ts";

/** Handlers fail as often as this says before they succeed; a crash does not make them forget. */
export const failuresLeft = new Map<string, number>();

/** Counts once for each event heard of, and for each call another context queued. */
export const ledger = defineApp({
  name: "ledger",
  state: { asked: set<string>(), done: map(counter()) },
  methods: {
    announce(_state, args, call) {
      const name = textArgument(args, "name");
      for (const part of ["a", "b"]) call.emit("announced", `${name} ${part}`, "count");
    },
    ask({ asked }, args, call) {
      const name = textArgument(args, "name");
      asked.add(name);
      call.callContext(textArgument(args, "to"), "answer", { name });
    },
    answer({ done }, args) {
      failIfTold(textArgument(args, "name"));
      done.at(textArgument(args, "name")).increment();
    },
  },
  views: {
    asked: ({ asked }) => [...asked.values()].sort(),
    done: ({ done }) => Object.fromEntries(done.entries().map(([name, { value }]) => [name, value])),
  },
  handlers: {
    count({ done }, content) {
      failIfTold(String(content));
      done.at(String(content)).increment();
    },
  },
});

function failIfTold(name: string): void {
  const left = failuresLeft.get(name) ?? 0;
  failuresLeft.set(name, left - 1);
  if (left > 0) throw new CallError("not yet");
}
