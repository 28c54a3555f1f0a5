/** A sequence by its insertions and marks, item by item: Fugue's tree, walked from its root. */

import { toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { Range } from "../../../core/state/types/run.ts";
import { compareTimes, type Time, type Write } from "./history.ts";

interface Item {
  readonly run: string;
  readonly value: Json;
  readonly isVisible: boolean;
  readonly left: Item[];
  readonly right: Item[];
}

/** The visible items in order. What hangs under something unknown is left out. */
export function sequenceOf(writes: readonly Write[], floor: Time | null): readonly Json[] {
  const marked = marksOf(writes);
  const root: Item = { run: "", value: null, isVisible: false, left: [], right: [] };
  const items = new Map<string, Item>();
  const hanging: { readonly item: Item; readonly parent: string; readonly side: "left" | "right" }[] = [];
  for (const { action, time, delta, index } of writes) {
    if (action.type !== "run" || action.change.kind !== "insert") continue;
    const run = `${toHex(delta)}:${index}`;
    const { parent, side, items: values } = action.change;
    const above = parent === null ? "" : placeOf(parent.run.delta || delta, parent.run.index, parent.offset);
    values.forEach((value, offset) => {
      const isVisible = compareTimes(time, floor) > 0 && marked(run, offset) === false;
      const item: Item = { run, value, isVisible, left: [], right: [] };
      items.set(`${run} ${offset}`, item);
      const before = { item, parent: `${run} ${offset - 1}`, side: "right" } as const;
      hanging.push(offset === 0 ? { item, parent: above, side } : before);
    });
  }
  for (const { item, parent, side } of hanging) (parent === "" ? root : items.get(parent))?.[side].push(item);
  return walk(root);
}

function placeOf(delta: string, index: number, offset: number): string {
  return `${toHex(delta)}:${index} ${offset}`;
}

function marksOf(writes: readonly Write[]): (run: string, offset: number) => boolean {
  const byRun = new Map<string, Range[]>();
  for (const { action, delta } of writes) {
    if (action.type !== "run" || action.change.kind !== "mark") continue;
    const { run, ranges } = action.change;
    const name = `${toHex(run.delta || delta)}:${run.index}`;
    byRun.set(name, [...(byRun.get(name) ?? []), ...ranges]);
  }
  return (run, offset) => (byRun.get(run) ?? []).some(({ start, end }) => start <= offset && offset < end);
}

/** Left children, the item, right children: siblings by the names of their runs, a run's own next first. */
function walk(root: Item): readonly Json[] {
  const seen: Json[] = [];
  const stack: { readonly item: Item; readonly isEntered: boolean }[] = [{ item: root, isEntered: false }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { item, isEntered } = next;
    const side = isEntered ? item.right : item.left;
    if (isEntered && item.isVisible) seen.push(item.value);
    if (!isEntered) stack.push({ item, isEntered: true });
    const ordered = side.toSorted((a, b) => rank(a, item) - rank(b, item) || (a.run < b.run ? -1 : 1));
    for (const child of ordered.toReversed()) stack.push({ item: child, isEntered: false });
  }
  return seen;
}

function rank(child: Item, parent: Item): number {
  return child.run === parent.run ? 0 : 1;
}
