/**
 * What must hold at every moment of a run, checked as it goes, from outside: on what nodes commit and answer, not
 * on what they say of themselves. A violation ends up in the result with the invariant it breaks.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import type { Commit } from "../../core/effect.ts";
import { type AuthorId, type ContextId, type DeltaId, type Hash, toHex } from "../../core/ids.ts";
import type { Role } from "../../core/members/membership.ts";
import type { Replica } from "../../core/replica.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { unreadMax } from "../../core/sync/session-room.ts";
import { stateSessionsMax } from "../../core/sync/state/transfers.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { SimDisk } from "../world/disk.ts";
import type { SimNode } from "../world/sim-node.ts";
import { Kept, overlay } from "./kept.ts";
import { isAstray } from "./severed.ts";

export interface Violation {
  readonly oracle: string;
  /** The number of the invariant in the protocol; null for an expectation of the scenario. */
  readonly invariant: number | null;
  readonly node: string | null;
  readonly atMs: number;
  /** The sequence number of the event at which it was seen. */
  readonly event: number;
  readonly message: string;
}

export type Found = Omit<Violation, "atMs" | "event">;

/** Distinct sets of heads whose roots are remembered. */
const rootsMax = 200_000;
/** Violations reported; after these only the run's outcome counts. */
const violationsMax = 100;

/** Who was a member where one node stood. Never changed. */
interface KnownRoster {
  readonly node: string;
  readonly roster: ReadonlyMap<AuthorId, Role | null>;
}

export interface OraclesMemory {
  readonly rootsByHeads: Map<string, Hash>;
  /** Who is a member on the same sets of heads, and as what. */
  readonly rostersByHeads: Map<string, KnownRoster>;
  /** By context: writes whose client was told that they are kept, with the node that said so. */
  readonly acknowledged: Map<ContextId, Map<DeltaId, number>>;
  /** Acknowledged writes whose last durable copy an injected fault destroyed, or went with its context on purpose. */
  readonly destroyed: Set<DeltaId>;
  /** By node and context: those that were found astray and may not be. */
  readonly astray: Set<string>;
  found: number;
}

export interface OraclesAbout {
  readonly report: (found: Found) => void;
  /** The node that writes under a key. */
  readonly nameOf: (author: AuthorId) => string | undefined;
  readonly neverAstray: ReadonlySet<ContextId>;
}

export class Oracles {
  readonly memory: OraclesMemory;
  readonly #codec: Codec;
  readonly #report: (found: Found) => void;
  readonly #nameOf: OraclesAbout["nameOf"];
  /** Contexts in which nobody may be astray. */
  readonly #neverAstray: ReadonlySet<ContextId>;
  readonly kept = new Kept();
  #atRisk: readonly (readonly [ContextId, DeltaId])[] = [];

  constructor(
    codec: Codec,
    { report, nameOf, neverAstray }: OraclesAbout,
    memory: OraclesMemory = {
      ...{
        rootsByHeads: new Map(),
        rostersByHeads: new Map(),
        acknowledged: new Map(),
        destroyed: new Set(),
        astray: new Set(),
        found: 0,
      },
    },
  ) {
    this.memory = memory;
    this.#codec = codec;
    this.#report = report;
    this.#nameOf = nameOf;
    this.#neverAstray = neverAstray;
  }

  get acknowledged(): ReadonlyMap<ContextId, ReadonlyMap<DeltaId, number>> {
    return this.memory.acknowledged;
  }

  get destroyed(): ReadonlySet<DeltaId> {
    return this.memory.destroyed;
  }

  /**
   * Causal closure: what a batch adds has its parents in the store or before it in the batch, or the batch adds them with
   * the history of a state. Gives the deltas added.
   */
  committed(node: SimNode, commit: Commit): readonly CausalDelta[] {
    const added: CausalDelta[] = [];
    const ids = new Set<string>();
    for (const [key, sealed] of commit.writes) {
      if (key[0] !== "d") continue;
      if (sealed === null) {
        // Applied and compacted at once, or long since.
        ids.add(key.slice(1));
        continue;
      }
      const delta = this.#codec.openDelta(sealed);
      if (delta.kind === "fault") {
        this.#find(
          "verified-before-applied",
          7,
          node,
          `stored a delta that does not verify: ${delta.detail}`,
        );
        continue;
      }
      const { contextId } = delta;
      const missing = delta.parents.find(
        (id) =>
          !ids.has(id) &&
          !this.kept.has(node.disk, contextId, id) &&
          !this.kept.isBelow(overlay(node.disk, commit), contextId, id),
      );
      if (missing !== undefined) {
        this.#find(
          "causal-closure",
          8,
          node,
          `applied ${toHex(delta.id)} before its parent ${toHex(missing)}`,
        );
      }
      ids.add(delta.id);
      added.push(delta);
    }
    return added;
  }

  /**
   * Equal heads mean equal roots and members, on all nodes and over the whole run, but where a disk lost some of a state,
   * or a replica is astray.
   */
  stands(node: SimNode, replica: Replica): void {
    const { contextId } = replica;
    if (isAstray(replica)) return this.#astray(node, contextId);
    const [heads, root] = [replica.heads().join(""), replica.stateRoot()];
    const known = this.memory.rootsByHeads.get(heads);
    if (node.damaged.has(contextId)) {
      // Repaired, once it is what others gave.
      if (known === root) node.damaged.delete(contextId);
      return;
    }
    noted(this.memory.rootsByHeads, heads, root);
    if (known !== undefined && known !== root) {
      const message = `root ${toHex(root)} on heads that gave ${toHex(known)} before`;
      this.#find("equal-heads-equal-roots", 12, node, message);
    }
    const members = replica.governance.members.all();
    const roster = new Map(members.map(({ author, role }) => [author, role]));
    const first = this.memory.rostersByHeads.get(heads);
    noted(this.memory.rostersByHeads, heads, { node: node.id, roster });
    const differing = first === undefined ? [] : differencesOf(roster, first.roster);
    if (first !== undefined && differing.length > 0) {
      const who = differing.map(({ author, now, before }) => {
        return `${this.#nameOf(author) ?? toHex(author)} is ${now ?? "no member"} here, and was ${before ?? "no member"} there`;
      });
      const message = `on the heads on which ${first.node} stood its members are others: ${who.join("; ")}`;
      this.#find("equal-heads-equal-members", 13, node, message);
    }
  }

  #astray(node: SimNode, contextId: ContextId): void {
    const name = `${node.index}/${contextId}`;
    if (!this.#neverAstray.has(contextId) || this.memory.astray.has(name)) return;
    this.memory.astray.add(name);
    const message = "the past closed without what it has, though nobody forgot, lied or came in meanwhile";
    this.#find("nobody-left-behind", 2, node, message);
  }

  /** A client was told that a write is kept. */
  acknowledge(node: SimNode, contextId: ContextId, delta: DeltaId): void {
    const writes = this.memory.acknowledged.get(contextId) ?? new Map<DeltaId, number>();
    this.memory.acknowledged.set(contextId, writes);
    writes.set(delta, node.index);
    if (!this.kept.has(node.disk, contextId, delta)) {
      this.#find("acknowledged-kept", 5, node, `acknowledged ${toHex(delta)} without having it`);
    }
  }

  /** An injected fault is about to destroy what a disk holds: what of it must be seen to be elsewhere afterwards? */
  destroying({ disk }: SimNode): void {
    this.#atRisk = Array.from(this.memory.acknowledged).flatMap(([contextId, writes]) =>
      Array.from(writes.keys())
        .filter((id) => this.#isDurable(disk, contextId, id))
        .map((id) => [contextId, id] as const),
    );
  }

  /** It has: others answer for what is on their disks. Of what is on none of these now the last copy is gone, and nobody owes it. */
  destroyedOn(node: SimNode, keepers: readonly SimNode[]): void {
    this.kept.lost(node.disk);
    for (const [contextId, id] of this.#atRisk)
      if (!this.#isDurable(node.disk, contextId, id)) this.#handOver(contextId, id, { node, keepers });
    this.#atRisk = [];
  }

  /** A node deletes a context: others answer for what was acknowledged in it, as far as they have it. */
  deleted(node: SimNode, contextId: ContextId, keepers: readonly SimNode[]): void {
    for (const id of this.memory.acknowledged.get(contextId)?.keys() ?? [])
      this.#handOver(contextId, id, { node, keepers });
  }

  /** A node no longer has an acknowledged write: another answers for it, or it is destroyed. */
  #handOver(
    contextId: ContextId,
    id: DeltaId,
    { node, keepers }: { readonly node: SimNode; readonly keepers: readonly SimNode[] },
  ): void {
    const keeper = keepers.find((each) => each !== node && this.#isDurable(each.disk, contextId, id));
    const writes = this.memory.acknowledged.get(contextId);
    if (keeper === undefined) this.memory.destroyed.add(id);
    else if (writes?.get(id) === node.index) writes.set(id, keeper.index);
  }

  #isDurable(disk: SimDisk, contextId: ContextId, id: DeltaId): boolean {
    return this.kept.has(disk, contextId, id) && !disk.isUnsynced(storeKeys.delta(id));
  }

  /** A disk lost its last batches: nothing acknowledged may be among them. */
  lost(node: SimNode, commits: readonly Commit[]): void {
    this.kept.lost(node.disk);
    // A removal that is lost leaves the delta where it was.
    const keys = commits
      .flatMap((commit) => commit.writes.flatMap(([key, value]) => (value === null ? [] : key)))
      .filter((key) => key[0] === "d");
    for (const writes of this.memory.acknowledged.values()) {
      for (const key of keys) {
        const id = key.slice(1) as DeltaId;
        if (writes.get(id) === node.index) {
          if (!this.destroyed.has(id))
            this.#find("acknowledged-kept", 5, node, `the crash took ${toHex(id)}, which was acknowledged`);
        }
      }
    }
  }

  /** Buffers stay within their bounds. */
  bounded(node: SimNode): void {
    const { core, config } = node;
    if (core === null) return;
    for (const replica of core.replicas().values()) {
      const { pending } = replica.deltas;
      if (pending.count > config.pendingDeltasMax || pending.bytes > config.pendingBytesMax) {
        this.#find("bounds", 14, node, `${pending.count} deltas of ${pending.bytes} bytes are pending`);
      }
    }
    // Those it opened and those it accepted have the bound each.
    const { count, room } = core.sync.sessions.table;
    if (count > 2 * config.syncSessionsMax) {
      this.#find("bounds", 14, node, `${count} sync sessions are open`);
    }
    if (room.unreadCount > unreadMax) {
      this.#find("bounds", 14, node, `${room.unreadCount} streams are open on which nothing was said`);
    }
    if (core.sync.states.count > stateSessionsMax) {
      this.#find("bounds", 14, node, `${core.sync.states.count} transfers of state are open`);
    }
  }

  /** What a turn had no room for the node has itself woken for at once, whatever else comes or does not. Invariant 14. */
  awake(node: SimNode, contextId: ContextId, nowUs: number): void {
    const readyCount = node.core?.replicas().get(contextId)?.deltas.readyCount ?? 0;
    // A slow or paused node finds it in its inbox.
    if (readyCount === 0 || node.inbox.some(({ kind }) => kind === "woken")) return;
    const { monotonicMs } = node.clock.now(nowUs);
    if (node.wakeAtMs !== null && node.wakeAtMs <= monotonicMs) return;
    const wakes = node.wakeAtMs === null ? "never" : `in ${node.wakeAtMs - monotonicMs} ms`;
    this.#find("awake", 14, node, `${readyCount} deltas could be applied, and it wakes ${wakes}`);
  }

  #find(oracle: string, invariant: number, node: SimNode, message: string): void {
    this.memory.found += 1;
    if (this.memory.found <= violationsMax) this.#report({ oracle, invariant, node: node.id, message });
  }
}

function differencesOf(roster: KnownRoster["roster"], other: KnownRoster["roster"]) {
  const authors = new Set([...roster.keys(), ...other.keys()]);
  return Array.from(authors, (author) => ({
    author,
    now: roster.get(author) ?? null,
    before: other.get(author) ?? null,
  })).filter(({ now, before }) => now !== before);
}

/** Remembers the first answer for these heads; of too many the oldest goes. */
function noted<Answer>(answers: Map<string, Answer>, heads: string, answer: Answer): void {
  if (answers.has(heads)) return;
  answers.set(heads, answer);
  for (const oldest of answers.keys()) {
    if (answers.size <= rootsMax) break;
    answers.delete(oldest);
  }
}
