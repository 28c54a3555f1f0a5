/** Links and faults of a run, for their pane. */

import type { Plan } from "../../../sim/plan/plan.ts";
import type { LinkState, LinkTrouble, LinkView } from "../../../sim/watch/link-states.ts";
import { isInstantaneous, isLasting } from "../cuts.ts";
import { describeFault } from "../faults.ts";
import type { LinksPane, Row, ScheduledFault, Tone } from "../pane-views.ts";
import { formatCount } from "../text.ts";

const linksShownMax = 200;
const toneOf: Readonly<Record<LinkTrouble, Tone>> = {
  cut: "bad",
  "cut one way": "bad",
  corrupting: "bad",
  lossy: "warning",
  slow: "warning",
  "not connected": "warning",
};

export function linksPaneOf(
  links: readonly LinkView[],
  { plan, nowUs, selected }: { readonly plan: Plan; readonly nowUs: number; readonly selected: string },
): LinksPane {
  const troubled = links.filter(({ trouble }) => trouble !== null);
  const isOwn = ({ low, high }: LinkView) => low === selected || high === selected;
  const counts = countsOf(links);
  const rank = ({ trouble }: LinkView) => counts.get(trouble) ?? 0;
  // What is rare says more than what is common, and the chosen node's more than others'.
  const ordered = troubled.toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)) || rank(a) - rank(b));
  return {
    schedule: plan.faults.map((fault): ScheduledFault => {
      const fromUs = fault.atUs;
      const untilUs = isInstantaneous(fault.kind) ? fromUs : (fault.untilUs ?? plan.untilUs);
      const when = nowUs < fromUs ? "coming" : isLasting(fault, nowUs) ? "now" : "past";
      return { kind: fault.kind, detail: describeFault(fault, plan, nowUs), fromUs, untilUs, when };
    }),
    counts: countRows(counts),
    links: ordered.slice(0, linksShownMax).map(rowOf),
  };
}

function countsOf(links: readonly LinkView[]): ReadonlyMap<LinkTrouble | null, number> {
  const counts = new Map<LinkTrouble | null, number>();
  for (const { trouble } of links) counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
  return counts;
}

function countRows(counts: ReadonlyMap<LinkTrouble | null, number>): readonly Row[] {
  const order: readonly (LinkTrouble | null)[] = [
    null,
    "cut one way",
    "cut",
    "corrupting",
    "lossy",
    "slow",
    "not connected",
  ];
  return order.flatMap((trouble) => {
    const count = counts.get(trouble);
    if (count === undefined) return [];
    const tone: Tone = trouble === null ? "good" : toneOf[trouble];
    return [{ label: formatCount(count), text: trouble ?? "as they should be", tone }];
  });
}

function rowOf({ low, high, isConnected, there, back, trouble }: LinkView): Row {
  const oneWay =
    there.isCut === back.isCut
      ? []
      : [there.isCut ? `nothing gets from ${low} to ${high}` : `nothing gets from ${high} to ${low}`];
  const state = trouble === "not connected" || isConnected ? [] : ["no connection"];
  const text = [trouble ?? "", ...oneWay, ...states(there, back), ...state]
    .filter((word) => word !== "")
    .join(", ");
  return { label: `${low} – ${high}`, text, tone: trouble === null ? "plain" : toneOf[trouble] };
}

function states(there: LinkState, back: LinkState): readonly string[] {
  const loss = Math.max(there.loss, back.loss);
  const corrupt = Math.max(there.corrupt, back.corrupt);
  const medianMs = Math.max(there.medianMs, back.medianMs);
  return [
    ...(loss > 0 ? [`loses ${Number((loss * 100).toFixed(1))} %`] : []),
    ...(corrupt > 0 ? [`damages ${Number((corrupt * 100).toFixed(1))} %`] : []),
    `about ${Math.round(medianMs)} ms`,
  ];
}
