/**
 * What a replica has applied stays in its state: joining it once more changes nothing, and no deletion in it is ever
 * taken back. Checked on samples as the run goes, and on all that is remembered at its end, on nodes' states as they
 * are; nothing is written. Invariants 3 and 5.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import type { ContextId, DeltaId } from "../../core/ids.ts";
import type { Replica } from "../../core/replica.ts";
import { beyond, type Entity, isLive, joinEntities } from "../../core/state/entity.ts";
import { compareMoments, type Moment } from "../../core/state/moment.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { Found } from "./oracles.ts";
import { isAstray } from "./severed.ts";

interface Remembered {
  readonly deltas: CausalDelta[];
  readonly ids: Set<DeltaId>;
  seen: number;
}

/** Of each context, and of deltas with deletions as many again, from all over the run. */
const rememberedMax = 128;
/** At one time: nodes, and deltas of each context. */
const nodesSampled = 16;
const deltasSampled = 6;

export interface JoinedMemory {
  readonly any: Map<ContextId, Remembered>;
  /** With deletions. */
  readonly deleting: Map<ContextId, Remembered>;
}

export class Joined {
  readonly memory: JoinedMemory;
  readonly #codec: Codec;
  readonly #report: (found: Found) => void;

  constructor(
    codec: Codec,
    report: (found: Found) => void,
    memory: JoinedMemory = { any: new Map(), deleting: new Map() },
  ) {
    this.memory = memory;
    this.#codec = codec;
    this.#report = report;
  }

  committed(deltas: readonly CausalDelta[]): void {
    for (const delta of deltas) {
      if (delta.content.kind !== "operations" && delta.content.kind !== "handler") continue;
      remember(this.memory.any, delta);
      const isDeleting = delta.content.actions.some(({ change }) => change.kind === "remove");
      if (isDeleting) remember(this.memory.deleting, delta);
    }
  }

  /** Looks at some of it on some nodes, others each time. */
  sample(nodes: readonly SimNode[], nth: number): void {
    for (let place = 0; place < Math.min(nodesSampled, nodes.length); place += 1) {
      const node = nodes[(nth + place * 7) % nodes.length] as SimNode; // below the length
      for (const [contextId, replica] of node.core?.replicas() ?? []) {
        for (const deltas of this.#rememberedOf(contextId)) {
          const count = Math.min(deltasSampled, deltas.length);
          for (let index = 0; index < count; index += 1) {
            const delta = deltas[(nth + place + index) % deltas.length];
            if (delta !== undefined) this.#look(node, replica, delta);
          }
        }
      }
    }
  }

  /** Looks at everything remembered, on one of the nodes that have the same state at the same heads. */
  judge(nodes: readonly SimNode[]): void {
    const judged = new Set<string>();
    for (const node of nodes) {
      for (const [contextId, replica] of node.core?.replicas() ?? []) {
        if (node.damaged.has(contextId)) continue;
        const standing = [contextId, replica.stateRoot(), ...replica.heads()].join("");
        if (judged.has(standing)) continue;
        judged.add(standing);
        for (const delta of this.#rememberedOf(contextId).flat()) this.#look(node, replica, delta);
      }
    }
  }

  #rememberedOf(contextId: ContextId): readonly (readonly CausalDelta[])[] {
    return [this.memory.any, this.memory.deleting].map((kept) => kept.get(contextId)?.deltas ?? []);
  }

  #look(node: SimNode, replica: Replica, delta: CausalDelta): void {
    const applied = replica.deltas.graph.get(delta.id);
    // Of a state that its disk lost some of nothing is demanded until it shows.
    if (applied === undefined || node.damaged.has(replica.contextId) || isAstray(replica)) return;
    const { line } = replica.closing.checkpoints.closed;
    for (const said of this.#codec.entitiesOf(delta, { at: applied.at, hlc: delta.hlc })) {
      // Whether shared storage took it depends on more than the delta: the naive model knows.
      if (said.content.type === "shared") continue;
      const held = replica.state.byId(said.id);
      const mayBeCollected = line !== null && beyond(said, line, this.#codec.crypto) === null;
      const found = mayBeCollected ? judgeOld(said, held) : this.#judgeOne(said, held);
      if (found !== null) this.#report({ ...found, node: node.id });
    }
  }

  #judgeOne(said: Entity, held: Entity | undefined): Omit<Found, "node"> | null {
    const name = `${said.content.type} ${JSON.stringify(said.key)} of ${said.collection}`;
    if (held === undefined || compareMoments(held.deleted, said.deleted) < 0) {
      const what = said.deleted === null ? "a write" : "a deletion";
      const oracle = said.deleted === null ? "idempotence" : "nothing-resurrected";
      return { oracle, invariant: 5, message: `${what} of ${name} was applied and is not in the state` };
    }
    if (joinEntities(held, said, this.#codec.crypto).hash === held.hash) return null;
    const message = `what was applied of ${name} would change it if it were joined once more`;
    return { oracle: "idempotence", invariant: 3, message };
  }
}

/** Of what is so old that it may be collected: the naive model knows whether it is. But nothing older may be there. */
function judgeOld(said: Entity, held: Entity | undefined): Omit<Found, "node"> | null {
  if (held === undefined || !isLive(held)) return null;
  const at = said.deleted ?? updatedOf(said);
  if (compareMoments(updatedOf(held), at) >= 0) return null;
  const name = `${said.content.type} ${JSON.stringify(said.key)} of ${said.collection}`;
  const message = `${name} is there as it was before something that was applied`;
  return { oracle: "nothing-resurrected", invariant: 5, message };
}

function updatedOf({ content }: Entity): Moment | null {
  return "updated" in content ? content.updated : null;
}

/** Keeps an even sample of all: once there are enough, each takes the place of another ever more rarely. */
function remember(kept: Map<ContextId, Remembered>, delta: CausalDelta): void {
  const known = kept.get(delta.contextId) ?? { deltas: [], ids: new Set(), seen: 0 };
  kept.set(delta.contextId, known);
  if (known.ids.has(delta.id)) return;
  const { deltas, ids } = known;
  // A delta's id is as good as a draw.
  const place = deltas.length < rememberedMax ? deltas.length : wordOf(delta.id) % (known.seen + 1);
  known.seen += 1;
  if (place >= rememberedMax) return;
  const before = deltas[place];
  if (before !== undefined) ids.delete(before.id);
  ids.add(delta.id);
  deltas[place] = delta;
}

function wordOf(id: DeltaId): number {
  return [0, 1, 2, 3].reduce((word, at) => word * 256 + id.charCodeAt(at), 0);
}
