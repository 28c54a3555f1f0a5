/** What a link does now to what crosses it, each way, and which links are not as the plan has them. */

import type { Simulation } from "../simulation.ts";

type World = Simulation["world"];

/** One direction of a link. */
export interface LinkState {
  readonly isCut: boolean;
  /** From 0 to 1. */
  readonly loss: number;
  readonly corrupt: number;
  readonly medianMs: number;
}

export interface LinkView {
  readonly low: string;
  readonly high: string;
  readonly isConnected: boolean;
  /** From the first to the second, and back. */
  readonly there: LinkState;
  readonly back: LinkState;
  readonly trouble: LinkTrouble | null;
}

/** The worst that there is of a link, against what the plan has for all. */
export type LinkTrouble = "cut" | "cut one way" | "lossy" | "corrupting" | "slow" | "not connected";

/** From one node to another and back; they must be linked. */
export function linkStates(
  world: World,
  from: number,
  to: number,
): { readonly to: LinkState; readonly from: LinkState } {
  const [low, high] = from < to ? [from, to] : [to, from];
  const link = world.connections.linkBetween(low, high);
  const out = link * 2 + (from < to ? 0 : 1);
  return { to: stateOf(world, out), from: stateOf(world, out ^ 1) };
}

/** All links, by their order in the plan. O(links). */
export function linksOf({ world, plan }: Simulation): readonly LinkView[] {
  const usualMs = usualMedianMs(world);
  return plan.links.map(([low, high], link) => {
    const [there, back] = [stateOf(world, link * 2), stateOf(world, link * 2 + 1)];
    const isConnected = world.connections.between(low, high) !== undefined;
    const isUp = world.isUp(low) && world.isUp(high);
    const view = { low: world.node(low).id, high: world.node(high).id, isConnected, there, back };
    return { ...view, trouble: troubleOf(view, { usualMs, usualLoss: plan.network.loss, isUp }) };
  });
}

function troubleOf(
  { there, back, isConnected }: Pick<LinkView, "there" | "back" | "isConnected">,
  { usualMs, usualLoss, isUp }: { usualMs: number; usualLoss: number; isUp: boolean },
): LinkTrouble | null {
  if (there.isCut && back.isCut) return "cut";
  if (there.isCut || back.isCut) return "cut one way";
  if (Math.max(there.corrupt, back.corrupt) > 0) return "corrupting";
  if (Math.max(there.loss, back.loss) > usualLoss) return "lossy";
  if (Math.max(there.medianMs, back.medianMs) > usualMs) return "slow";
  return isConnected || !isUp ? null : "not connected";
}

const middle32 = 0x8000_0000;

function stateOf({ conditions }: World, direction: number): LinkState {
  return {
    isCut: conditions.isCut(direction),
    loss: conditions.loss(direction),
    corrupt: conditions.corrupt(direction),
    medianMs: conditions.latencyUs(direction, middle32) / 1_000,
  };
}

function usualMedianMs({ conditions }: World): number {
  return conditions.usualLatencyUs(middle32) / 1_000;
}
