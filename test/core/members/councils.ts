// Contexts whose members change each other at random, each change made where its author happens to stand.

import * as fc from "fast-check";
import type { CausalDelta, DeltaContent } from "../../../core/dag/delta.ts";
import type { Graph } from "../../../core/dag/graph.ts";
import { createDeltaStoreMemory, DeltaStore } from "../../../core/delta-store/delta-store.ts";
import { byteString, type DeltaId } from "../../../core/ids.ts";
import { createMembersMemory, Members } from "../../../core/members/members.ts";
import { type Invitation, roles } from "../../../core/members/membership.ts";
import { Checkpoints, createCheckpointsMemory } from "../../../core/past/checkpoints.ts";
import type { ClosedParts } from "../../../core/past/closed.ts";
import type { Identity } from "../../../core/ports.ts";
import { createTimersMemory, Timers } from "../../../core/timers.ts";
import { Turn } from "../../../core/turn.ts";
import { kindCodeOf } from "../../../core/wire/delta-codec.ts";
import { opened, operations, put, Scribe, trustingCodec, trustingCrypto, unsigned } from "../authors.ts";
import { acceptedInvitation, olderInvitation } from "./invitations.ts";

export const people = ["ann", "bob", "cid", "dee", "eve"].map(unsigned);
const [ann, bob, cid] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]];

/** Of the same application and creator: bob a member, cid a reader, or admins both; the others strangers. */
export function councilScribe({ areAdmins = false } = {}): Scribe {
  const members = [
    { author: bob.author, role: areAdmins ? ("admin" as const) : ("member" as const) },
    { author: cid.author, role: areAdmins ? ("admin" as const) : ("reader" as const) },
  ];
  return new Scribe(ann, { codec: trustingCodec, members, others: null });
}

/** What someone attempts: by whom, about whom, on which of the deltas there are (counted from the newest). */
export const attempt = fc.record({
  // Who can do most does most, so that much of it is allowed.
  by: fc.oneof(fc.constant(0), fc.nat(people.length - 1)),
  about: fc.nat(people.length - 1),
  on: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
  what: fc.constantFrom(
    "write",
    "role",
    "remove",
    "leave",
    "rotate",
    "join",
    "join",
    "exclude",
    "return",
    "checkpoint",
  ),
  role: fc.constantFrom("admin", ...roles),
});
export type Attempt = typeof attempt extends fc.Arbitrary<infer One> ? One : never;
export const attempts = fc.array(attempt, { minLength: 1, maxLength: 24 });

/** The deltas that these attempts come to, those that are not allowed included. Each names some that were allowed. */
export function attempted(scribe: Scribe, list: readonly Attempt[]): readonly CausalDelta[] {
  const council = new Council(scribe);
  council.receive(scribe.genesis);
  const made: CausalDelta[] = [scribe.genesis];
  for (const [index, { by, about, on, what, role }] of list.entries()) {
    const kept = made.filter(({ id }) => council.store.graph.has(id));
    const parents = Array.from(new Set(on.map((back) => kept.at(-1 - back) ?? scribe.genesis)));
    const author = people[by] ?? ann;
    const member = (people[about] ?? ann).author;
    const nonce = byteString(new Uint8Array(16).fill(index));
    const contents: Record<Attempt["what"], DeltaContent> = {
      write: operations(put(`${index}`, index)),
      role: { kind: "membership", change: { kind: "role", member, role } },
      remove: { kind: "membership", change: { kind: "remove", member } },
      leave: { kind: "membership", change: { kind: "leave" } },
      rotate: { kind: "membership", change: { kind: "rotate", secret: nonce } },
      checkpoint: { kind: "checkpoint", stateRoot: byteString(new Uint8Array(32)) },
      exclude: { kind: "membership", change: { kind: "exclude", member } },
      return: { kind: "membership", change: { kind: "return", role } },
      join: {
        kind: "membership",
        change: { kind: "join", invitation: invitation(scribe, { about, index, joiner: author }) },
      },
    };
    const hlc = { ms: 2_000 + index, counter: 0 };
    const delta = scribe.write(parents, { by: author, hlc, content: contents[what] });
    made.push(delta);
    council.receive(delta);
  }
  return made;
}

/** By whoever the attempt is about, admin or not, for anyone: some as older programs made it. Some attempts share one. */
function invitation(
  scribe: Scribe,
  { about, index, joiner }: Pick<Attempt, "about"> & { index: number; joiner: Identity },
): Invitation {
  const nth = Math.floor(index / invitationsSharing);
  const nonce = byteString(new Uint8Array(16).fill(nth));
  const role = nth % 2 === 0 ? "admin" : "member";
  const draft = { contextId: scribe.contextId, role, invitee: null, expiresMs: 1e12, nonce } as const;
  const inviter = people[about] ?? ann;
  return nth % 3 === 2
    ? olderInvitation(draft, inviter)
    : acceptedInvitation(draft, { inviter, joiner, crypto: trustingCrypto });
}
const invitationsSharing = 6;

/** Which checkpoints are sealed, and whom the others wait for. */
export function standingOf(checkpoints: Checkpoints, graph: Graph) {
  const { newestSealed } = checkpoints;
  const open = Array.from(checkpoints.open(), ({ position, waitingFor }) => {
    return [graph.at(position).id, Array.from(waitingFor).sort()] as const;
  });
  return {
    open: new Map(open.sort(([a], [b]) => (a < b ? -1 : 1))),
    sealed: newestSealed === null ? null : graph.at(newestSealed).id,
  };
}

/** What one replica makes of deltas, in the order in which they come. */
export class Council {
  readonly store: DeltaStore;
  readonly members: Members;
  readonly checkpoints: Checkpoints;
  readonly about: ClosedParts;

  /** `self`: whose replica it is, to whom it makes a difference. */
  constructor(
    scribe: Scribe,
    { self = unsigned("nobody").author, retentionMs = null as number | null } = {},
  ) {
    this.store = new DeltaStore(createDeltaStoreMemory(), {
      contextId: scribe.contextId,
      crypto: trustingCrypto,
      timers: new Timers(createTimersMemory()),
      bounds: { deltasMax: 1_000, bytesMax: 1e9 },
      rules: {
        permits: (delta) => this.members.refusalOf(delta),
        timeliness: ({ author }, at) => this.checkpoints.closed.timelinessOf(author, at),
        apply: (delta) => {
          const position = this.store.graph.count - 1;
          this.members.applied(position, delta);
          const { author, content } = delta;
          this.checkpoints.applied(position, { author, kindCode: kindCodeOf(content) });
        },
        keeps: () => [],
        adopted: () => {},
      },
    });
    this.members = new Members(createMembersMemory(), this.store.graph);
    const { graph } = this.store;
    this.about = { graph, members: this.members, self, retentionMs: () => retentionMs };
    this.checkpoints = new Checkpoints(createCheckpointsMemory(), this.about);
  }

  receive(delta: CausalDelta): boolean {
    const turn = new Turn({ monotonicMs: 0, wallMs: 0 }, { get: () => undefined });
    const outcome = this.store.add(opened(delta.sealed, trustingCodec), turn);
    while (this.store.readyCount > 0) this.store.applyReady(turn);
    return outcome.kind !== "rejected";
  }

  /** All that others must agree on. */
  get verdict() {
    return {
      heads: this.store.graph.heads(),
      members: this.members.all(),
      secrets: this.members.secretsNow(),
      ...standingOf(this.checkpoints, this.store.graph),
    };
  }
}

/** Of these deltas those below, with the ones they start from. */
export function pastBelow(
  ids: readonly DeltaId[],
  all: ReadonlyMap<DeltaId, CausalDelta>,
): ReadonlyMap<DeltaId, CausalDelta> {
  const below = new Map<DeltaId, CausalDelta>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const delta = all.get(id);
    if (delta === undefined || below.has(id)) continue;
    below.set(id, delta);
    open.push(...delta.parents);
  }
  return below;
}
