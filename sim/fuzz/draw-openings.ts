/** What an application has to be told before most of its calls can do anything: who is who, and who may. */

import type { Stream } from "../random.ts";
import type { WorkloadEntry } from "../scenario/scenario.ts";
import type { CallTemplate } from "./calls.ts";
import type { DrawnContext } from "./draw-workload.ts";

export interface OpeningSetting {
  readonly context: DrawnContext;
  readonly calls: readonly CallTemplate[];
  readonly activeMs: number;
}

/** In so many of the contexts; in the others calls meet nothing. */
const openedShare = 0.7;
/** Of the time in which there are calls. */
const openedWithin = 0.6;

export function drawOpening(
  { context, calls, activeMs }: OpeningSetting,
  draws: Stream,
): readonly WorkloadEntry[] {
  const open = openings[context.app];
  if (open === undefined || !draws.chance(openedShare)) return [];
  const opening = open(context.members, draws);
  const methods = new Set(calls.flatMap(({ app, method }) => (app === context.app ? [method] : [])));
  if (!opening.flat().every(({ method }) => methods.has(method))) return [];
  return opening.flatMap((together, index) => {
    const at = Math.floor((openedWithin * activeMs * (index + 1)) / (opening.length + 1));
    return together.map((call) => ({ at, context: context.id, ...call }));
  });
}

type Opening = Pick<WorkloadEntry, "node" | "method" | "args">;

/** By application: what is called one after the other, those in one list at one moment. */
type Openings = Readonly<
  Record<string, (members: readonly string[], draws: Stream) => readonly (readonly Opening[])[]>
>;

const racesMax = 3;
const ordersMax = 4;

const openings: Openings = {
  /** All say their names, whoever made the context lets others write on a board, and takes it back as they write. */
  "notice-board": (members, draws) => {
    const [founder = "", ...others] = members;
    const board = draws.pick(["b0", "b1"]);
    const about = (member: string) => ({ node: founder, args: { board, member } });
    return [
      ...members.map((node) => [{ node, method: "introduce", args: { name: node } }]),
      ...others.map((member) => [{ ...about(member), method: "appoint" }]),
      ...draws
        .shuffle(others)
        .slice(0, draws.between(0, racesMax))
        .map((member) => [
          { ...about(member), method: "dismiss" },
          { node: member, method: "post", args: { board, text: "{node}-{seq}" } },
        ]),
    ];
  },
  /** What is sent is not noted while it is counted, and not sent before it is there: both are tried until they can be. */
  warehouse: (members, draws) => {
    const anyone = () => draws.pick(members);
    const ware = draws.pick(["axe", "lamp"]);
    const orders = Array.from({ length: draws.between(1, ordersMax) }, (_, index) => ({
      ...{ node: anyone(), method: "order", args: { ware, order: `first-${index}` } },
    }));
    const deliver = { node: anyone(), method: "deliver", args: { ware, count: orders.length } };
    const count = (method: "beginCount" | "endCount") => ({ node: anyone(), method, args: { ware } });
    return [[count("beginCount")], orders, [deliver], [], [count("endCount")]];
  },
};
