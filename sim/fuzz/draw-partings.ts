/**
 * The members of a context are in two parts from the first moment on, a few calls are made in each, and none once they
 * meet. What the next call would mend stays broken there: most other runs have a next call.
 */

import type { Stream } from "../random.ts";
import type { ScenarioFault, WorkloadEntry } from "../scenario/scenario.ts";
import type { Cast } from "./draw-workload.ts";
import type { ScenarioSpace } from "./profiles.ts";

/** All that is called in the context, and what keeps its members apart. */
export interface DrawnParting {
  readonly context: string;
  readonly calls: readonly WorkloadEntry[];
  readonly fault: ScenarioFault;
}

/** In each part; both often make as many, so that their histories are alike but for what is in them. */
const callsPerPart = [1, 1, 1, 2, 3] as const;
/** Of the time in which there are calls. */
const apartShares = [0.2, 0.5, 1] as const;

export function drawPartings(
  { contexts, memberships, activeMs }: Omit<Cast, "joining">,
  { calls, faults, partingShare }: ScenarioSpace,
  draws: Stream,
): readonly DrawnParting[] {
  if (!faults.includes("partition")) return [];
  return contexts.flatMap(({ id, app, members }): readonly DrawnParting[] => {
    if (!draws.chance(partingShare) || memberships.has(id)) return [];
    const maker = calls.find((call) => call.app === app);
    const [one, other] = draws.shuffle(members);
    if (maker === undefined || one === undefined || other === undefined) return [];
    const { method, args } = maker;
    const until = Math.floor(draws.pick(apartShares) * activeMs);
    const callsOf = (node: string) =>
      Array.from({ length: draws.pick(callsPerPart) }, (): WorkloadEntry => {
        return { at: draws.between(0, until - 1), node, context: id, method, args };
      });
    const rest = members.filter((member) => member !== one && member !== other);
    const part = [one, ...rest.filter(() => draws.chance(0.5))];
    return [
      {
        context: id,
        calls: [...callsOf(one), ...callsOf(other)],
        fault: { kind: "partition", at: 0, until, groups: [part] },
      },
    ];
  });
}
