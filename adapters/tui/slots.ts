/**
 * Which group of equal roots has which slot, and so which colour, from one frame to the next.
 *
 * 1. In one frame equal roots have equal slots, and different roots different ones.
 * 2. A root keeps its slot for as long as a node has it, but for rule 4.
 * 3. A new root takes over the slot that most of its nodes had, if that is free. So a group that goes on writing
 *    keeps its colour, and of two groups that meet the larger one's colour remains.
 * 4. The largest groups have the first slots, as many as there are colours to tell apart: a group that grows into
 *    their number changes places with one that no longer belongs to it.
 */

import type { Hash } from "../../core/ids.ts";

/** So many slots come first. */
export const firstSlots = 8;

export class Slots {
  #slotOfRoot: ReadonlyMap<Hash, number> = new Map();
  /** By node: what it had last, also when it has no root now. */
  readonly #slotOfNode: (number | undefined)[] = [];

  /** The slot of each root that a node has; `roots` is by node. O(nodes + groups²). */
  assign(roots: readonly (Hash | null)[]): ReadonlyMap<Hash, number> {
    const members = membersOf(roots);
    const slots = new Map<Hash, number>();
    const taken = new Set<number>();
    const take = (root: Hash, slot: number) => {
      slots.set(root, slot);
      taken.add(slot);
    };
    for (const [root, slot] of this.#slotOfRoot) if (members.has(root)) take(root, slot);
    const newcomers = [...members]
      .filter(([root]) => !slots.has(root))
      .sort((a, b) => b[1].length - a[1].length);
    // All heirs before any that take what nobody inherits.
    for (const [root, nodes] of newcomers) {
      const slot = this.#inherited(nodes, taken);
      if (slot !== null) take(root, slot);
    }
    for (const [root] of newcomers) if (!slots.has(root)) take(root, lowestFree(taken));
    promoteLargest(members, slots);
    this.#slotOfRoot = slots;
    roots.forEach((root, node) => {
      if (root !== null) this.#slotOfNode[node] = slots.get(root);
    });
    return slots;
  }

  /** The slot that most of the nodes had, of those not taken. */
  #inherited(nodes: readonly number[], taken: ReadonlySet<number>): number | null {
    const counts = new Map<number, number>();
    for (const node of nodes) {
      const slot = this.#slotOfNode[node];
      if (slot !== undefined && !taken.has(slot)) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    const [most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return most?.[0] ?? null;
  }
}

function promoteLargest(members: ReadonlyMap<Hash, readonly number[]>, slots: Map<Hash, number>): void {
  if (members.size <= firstSlots) {
    for (const [root, slot] of slots)
      if (slot >= firstSlots) slots.set(root, lowestFree(new Set(slots.values())));
    return;
  }
  const bySize = [...members].sort((a, b) => b[1].length - a[1].length).map(([root]) => root);
  const isFirst = (root: Hash) => (slots.get(root) ?? 0) < firstSlots;
  const rising = bySize.slice(0, firstSlots).filter((root) => !isFirst(root));
  const falling = bySize.slice(firstSlots).filter(isFirst);
  for (const root of rising) {
    const other = falling.pop();
    const slot = slots.get(root) ?? 0;
    const freed = other === undefined ? undefined : slots.get(other);
    slots.set(root, freed ?? lowestFree(new Set(slots.values())));
    if (other !== undefined) slots.set(other, slot);
  }
}

function membersOf(roots: readonly (Hash | null)[]): ReadonlyMap<Hash, readonly number[]> {
  const members = new Map<Hash, number[]>();
  roots.forEach((root, node) => {
    if (root === null) return;
    const nodes = members.get(root);
    if (nodes === undefined) members.set(root, [node]);
    else nodes.push(node);
  });
  return members;
}

function lowestFree(taken: ReadonlySet<number>): number {
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
}
