/**
 * Who is kept out, and who is let in. Judged by what nodes commit and ask of the network. Invariants 13 and 14.
 *
 * 1. Of a context nobody named a node in, that node's disk holds nothing but what it wrote itself.
 * 2. Whoever was removed gets nothing that was written by who knew of it, unless somebody lets it in again, or the one
 *    who removed it may have been removed, or made no admin, at the same time. What it writes knowing of it itself nobody has at all.
 * 3. Nobody who is honest is refused by anybody honest.
 * 4. Whoever removes somebody else changes the key in the same commit. Others would not notice: until the key is changed
 *    they say nothing that the one who was removed could read.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import type { Effect } from "../../core/effect.ts";
import { type AuthorId, type ContextId, type DeltaId, toHex } from "../../core/ids.ts";
import { memberCallOf } from "../plan/member-calls.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { Found } from "./oracles.ts";

/** What is known of a context's removals, over all disks. */
interface Removals {
  /** By the delta that removes: whom, and who did it. */
  readonly removed: Map<DeltaId, { readonly member: AuthorId; readonly by: AuthorId }>;
  /** Of every delta with removals below it, which those are; from the first removal on. */
  readonly below: Map<DeltaId, readonly DeltaId[]>;
  /** Let in, or given a role, at any time after the genesis. */
  readonly admitted: Set<AuthorId>;
  /** Removed, or given a role that is not admin: a removal that they made at the same time may not count. */
  readonly deposed: Set<AuthorId>;
}

function createRemovals(): Removals {
  return { removed: new Map(), below: new Map(), admitted: new Set(), deposed: new Set() };
}

export type OutsidersMemory = Map<ContextId, Removals>;

export interface OutsidersWorld {
  readonly plan: Plan;
  readonly contextIds: ReadonlyMap<string, ContextId>;
  readonly nodes: readonly SimNode[];
}

export class Outsiders {
  readonly memory: OutsidersMemory;
  readonly #report: (found: Found) => void;
  readonly #honest: ReadonlySet<string>;
  /** By context: nodes that somebody names in it, at any time. */
  readonly #named: ReadonlyMap<ContextId, ReadonlySet<number>>;
  /** By context: nodes that somebody lets in after the genesis; whoever is invited is served before it comes in. */
  readonly #invited: ReadonlyMap<ContextId, ReadonlySet<number>>;
  /** A liar may tell anybody anything. */
  readonly #isSealed: boolean;

  constructor(world: OutsidersWorld, report: (found: Found) => void, memory: OutsidersMemory = new Map()) {
    this.memory = memory;
    this.#report = report;
    const { nodes } = world;
    this.#honest = new Set(nodes.flatMap(({ id, isJudged }) => (isJudged ? [id] : [])));
    this.#isSealed = this.#honest.size === nodes.length;
    const ofContexts = (find: typeof namedIn) =>
      new Map(Array.from(world.contextIds, ([context, id]) => [id, find(world.plan, context)]));
    this.#named = ofContexts(namedIn);
    this.#invited = ofContexts(invitedTo);
  }

  /** A node commits deltas; each is seen here before any other node can have it. */
  committed(node: SimNode, deltas: readonly CausalDelta[]): void {
    this.#judgeRemover(node, deltas);
    for (const delta of deltas) {
      this.#learn(delta);
      this.#judgeAuthor(node, delta);
      if (this.#isSealed && delta.author !== node.author) this.#judgeReader(node, delta);
    }
  }

  /** What a node asks of the network. */
  performed(node: SimNode, effects: readonly Effect[]): void {
    if (!node.isJudged) return;
    for (const effect of effects) {
      if (effect.kind !== "hang-up" || !this.#honest.has(effect.peer)) continue;
      const message = `refuses ${effect.peer}, which made no mistake, for ${effect.refuseForMs} ms`;
      this.#report({ oracle: "honest-refused", invariant: 14, node: node.id, message });
    }
  }

  #judgeAuthor(node: SimNode, delta: CausalDelta): void {
    const { id, author } = delta;
    if (!this.#isRemovedBelow(delta, author)) return;
    this.#found(node, `holds ${toHex(id)}, which ${toHex(author)} wrote after it was removed`);
  }

  #judgeReader(node: SimNode, delta: CausalDelta): void {
    const { contextId, id, author } = delta;
    if (this.#named.get(contextId)?.has(node.index) === false)
      this.#found(node, `holds ${toHex(id)} of another author, of a context it was never let into`);
    const isInvited = this.#invited.get(contextId)?.has(node.index) === true;
    if (!isInvited && this.#isRemovedBelow(delta, node.author))
      this.#found(node, `was removed, and holds ${toHex(id)}, which ${toHex(author)} wrote knowing of it`);
  }

  /** What it lost and is given back was seen before, and may come without the change of the key. */
  #judgeRemover(node: SimNode, deltas: readonly CausalDelta[]): void {
    if (!node.isJudged) return;
    for (const { id, contextId, author, content } of deltas) {
      if (author !== node.author || content.kind !== "membership") continue;
      const { change } = content;
      const removals = this.memory.get(contextId);
      if (change.kind !== "remove" || change.member === author) continue;
      if (removals?.removed.has(id) || removals?.deposed.has(author)) continue;
      if (!deltas.some((delta) => isRotation(delta, { contextId, author })))
        this.#found(node, `removed ${toHex(change.member)} with ${toHex(id)}, and changed no key`);
    }
  }

  /** Was somebody removed for certain, going by what the author of a delta knew? */
  #isRemovedBelow({ contextId, id }: CausalDelta, member: AuthorId): boolean {
    const removals = this.memory.get(contextId);
    if (removals === undefined || removals.admitted.has(member)) return false;
    return (removals.below.get(id) ?? []).some((known) => {
      const removal = removals.removed.get(known);
      return removal?.member === member && !removals.deposed.has(removal.by);
    });
  }

  #found(node: SimNode, message: string): void {
    this.#report({ oracle: "members-alone", invariant: 13, node: node.id, message });
  }

  #learn({ id, contextId, parents, author, content }: CausalDelta): void {
    const known = this.memory.get(contextId);
    const change = content.kind === "membership" ? content.change : null;
    if (known === undefined && change === null) return;
    const removals = known ?? createRemovals();
    if (known === undefined) this.memory.set(contextId, removals);
    const { below, removed, admitted, deposed } = removals;
    if (below.has(id)) return;
    const found = new Set(parents.flatMap((parent) => [...(below.get(parent) ?? []), parent]));
    const above = Array.from(found).filter((each) => removed.has(each));
    if (above.length > 0) below.set(id, above);
    if (change?.kind === "remove") removed.set(id, { member: change.member, by: author });
    if (change?.kind === "role") admitted.add(change.member);
    if (change?.kind === "remove" || (change?.kind === "role" && change.role !== "admin"))
      deposed.add(change.member);
    if (change?.kind === "join") admitted.add(author);
  }
}

function isRotation(
  { contextId, author, content }: CausalDelta,
  by: Pick<CausalDelta, "contextId" | "author">,
): boolean {
  const isItsOwn = contextId === by.contextId && author === by.author;
  return isItsOwn && content.kind === "membership" && content.change.kind === "rotate";
}

function namedIn(plan: Plan, context: string): ReadonlySet<number> {
  const members = plan.contexts.find(({ id }) => id === context)?.members ?? [];
  const joining = plan.faults.flatMap((fault) =>
    fault.kind === "join" && fault.contexts.includes(context) ? fault.nodes : [],
  );
  return new Set([...members, ...joining, ...invitedTo(plan, context)]);
}

function invitedTo({ nodes, operations }: Plan, context: string): ReadonlySet<number> {
  const invited = operations.flatMap(({ context: of, method, args }) => {
    if (of !== context || (method !== "invite-member" && method !== "give-role")) return [];
    const { member } = memberCallOf(method, args);
    return nodes.flatMap(({ id }, index) => (id === member ? [index] : []));
  });
  return new Set(invited);
}
