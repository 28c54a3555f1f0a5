/**
 * What must stay for a failure to mean anything. An expectation about a value fails by itself once nobody writes it, so
 * what it counts on is not taken away; oracles need no such care.
 */

import type { Violation } from "../oracles/oracles.ts";
import type { ExplicitScenario } from "./explicit.ts";

/** Does a candidate keep what has to stay? */
export type Pins = (candidate: ExplicitScenario) => boolean;

export function pinsOf({ oracle }: Violation, scenario: ExplicitScenario): Pins {
  switch (oracle) {
    case "value":
      return keeping(callsNaming(scenario), ({ workload }) => workload);
    case "entities":
      return keeping(scenario.workload, ({ workload }) => workload);
    case "fault-counted":
      return keeping(scenario.faults, ({ faults }) => faults);
    default:
      return () => true;
  }
}

/** Calls that name a key of which a value is expected. */
function callsNaming({ expect, workload }: ExplicitScenario): ExplicitScenario["workload"] {
  const keys = expect.flatMap(({ value }) => (value === undefined ? [] : JSON.stringify(value.key)));
  return workload.filter(({ args }) => keys.some((key) => JSON.stringify(args ?? {}).includes(key)));
}

/** As many entries as there were of those, whatever became of their times. */
function keeping<Entry>(
  pinned: readonly Entry[],
  entriesOf: (scenario: ExplicitScenario) => readonly Entry[],
): Pins {
  const essence = (entry: Entry) => JSON.stringify({ ...entry, at: 0, until: 0 });
  const wanted = pinned.map(essence);
  return (candidate) => {
    const there = entriesOf(candidate).map(essence);
    return wanted.every((each) => {
      const index = there.indexOf(each);
      if (index >= 0) there.splice(index, 1);
      return index >= 0;
    });
  };
}
