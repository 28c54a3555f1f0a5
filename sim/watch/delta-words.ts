/** A delta in a few words: who wrote what. From its body, where a node still has it. */

import { isFault } from "../../core/fault.ts";
import { type DeltaId, toHex } from "../../core/ids.ts";
import type { Action } from "../../core/state/action.ts";
import { storeKeys } from "../../core/store-keys.ts";
import type { Simulation } from "../simulation.ts";
import type { SimNode } from "../world/sim-node.ts";

export interface DeltaInWords {
  readonly id: DeltaId;
  /** Those that are applied where it was looked up. */
  readonly parents: readonly DeltaId[];
  /** A node of the run; null where the body is gone or the author is none of them. */
  readonly author: string | null;
  readonly text: string;
}

const digits = 7;
const valueMax = 24;

/** Enough of an id to tell it from others on a screen. */
export function shortId(id: string): string {
  return toHex(id.slice(0, Math.ceil(digits / 2))).slice(0, digits);
}

export function deltaInWords({ world }: Simulation, node: SimNode, id: DeltaId): DeltaInWords {
  const contexts = Array.from(node.core?.replicas().values() ?? []);
  const graph = contexts.map(({ deltas }) => deltas.graph).find((each) => each.has(id));
  const parents = graph?.get(id)?.parents.map((position) => graph.at(position).id) ?? [];
  const sealed = node.disk.get(storeKeys.delta(id));
  const delta = sealed === undefined ? null : world.codec.openDelta(sealed);
  if (delta === null || isFault(delta)) return { id, parents, author: null, text: "its body is gone" };
  const author = world.nodes.find((each) => each.author === delta.author)?.id ?? null;
  const { content } = delta;
  const actions = content.kind === "operations" || content.kind === "handler" ? content.actions : [];
  const text = actions.length === 0 ? content.kind : actions.map(actionInWords).join(", ");
  return { id, parents, author, text };
}

function actionInWords({ collection, key, change, type }: Action): string {
  const place = placeInWords(collection, key);
  const { kind } = change as { readonly kind?: string };
  if (type === "register" && "value" in change) return `${place} = ${valueInWords(change.value)}`;
  return `${place} ${kind ?? type}`;
}

export function placeInWords(collection: string, key: string): string {
  return key === "" ? collection : `${collection}/${key}`;
}

export function valueInWords(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > valueMax ? `${text.slice(0, valueMax - 1)}…` : text;
}
