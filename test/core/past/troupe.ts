// Honest replicas of one context that write, delete, name cuts, answer, and change who is a member, each where it stands,
// and hear of each other now and then: delta by delta, or by taking over a state.

import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { Config } from "../../../core/config.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { isFault } from "../../../core/fault.ts";
import type { ContextId, DeltaId, PeerId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { MembershipChange } from "../../../core/members/membership.ts";
import type { VerifiedCut } from "../../../core/past/taking-over.ts";
import type { RandomWords } from "../../../core/random.ts";
import type { Replica } from "../../../core/replica.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { createStaging, keepVerified } from "../../../core/sync/state/staging.ts";
import { prepare, stage, type TakingOverMemory } from "../../../core/sync/state/taking-over.ts";
import { Turn } from "../../../core/turn.ts";
import { headOfSealed } from "../../../core/wire/delta-codec.ts";
import { opened, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { LoneNode } from "../lone-node.ts";
import { names, retentionMs, type Step } from "./steps.ts";

export class Player {
  readonly name: string;
  #node: LoneNode;
  readonly #contextId: ContextId;
  readonly #scribe: Scribe;
  #taking: TakingOverMemory | null = null;
  #starts = 0;
  /** States that were made beside the one that showed: taken over, and given up. */
  madeBeside = 0;
  givenUp = 0;

  constructor(name: string, scribe: Scribe) {
    this.name = name;
    this.#scribe = scribe;
    this.#contextId = scribe.contextId;
    this.#node = this.#started(undefined);
    this.#node.wallMs = 2_000;
    this.#join();
    this.backUp();
  }

  get replica(): Replica {
    return this.#node.replica(this.#contextId);
  }

  get author() {
    return this.#node.identity.author;
  }

  pass(ms: number): void {
    this.#node.wallMs += ms;
    this.#node.monotonicMs += ms;
  }

  /** Gives what is said where it is refused. */
  call(method: string, key: string): string {
    const args =
      method === "set" ? { key, value: `${this.name} ${this.#node.wallMs}`.padEnd(3_000, "-") } : { key };
    const outcome = this.#node.execute(this.#contextId, method, args);
    return outcome.kind === "refused" ? outcome.message : "";
  }

  read(key: string): Json {
    const outcome = this.#node.execute(this.#contextId, "get", { key });
    return outcome.kind === "executed" ? outcome.output : null;
  }

  inTurn<T>(act: (turn: Turn) => T): T {
    const { monotonicMs, wallMs, disk } = this.#node;
    const turn = new Turn({ monotonicMs, wallMs }, disk);
    const result = act(turn);
    for (const effect of turn.finish()) if (effect.kind === "commit") disk.append(effect);
    return result;
  }

  delta(id: DeltaId): CausalDelta | undefined {
    const sealed = this.#node.disk.get(storeKeys.delta(id));
    return sealed === undefined ? undefined : opened(sealed, trustingCodec);
  }

  get isTakingOver(): boolean {
    return this.#taking !== null;
  }

  /** True where that is taken, or begun. */
  takeOver(cut: VerifiedCut, isBeside: boolean): boolean {
    const { replica } = this;
    const judged = replica.judge(cut);
    if (judged.kind !== "timely") return false;
    if (!isBeside) {
      this.inTurn((turn) => replica.adopt(cut, judged.sieve, turn));
      return true;
    }
    const staging = createStaging(0);
    for (const entity of cut.entities) keepVerified(staging, entity.hash, { entities: [entity], later: [] });
    this.inTurn((turn) => stage(staging, replica, { pageBytes: 1, turn }));
    const { line } = replica.closing.checkpoints.closed;
    this.#taking = {
      ...{
        peer: "" as PeerId,
        contextId: this.#contextId,
        protocol: "snapshot",
        bringsAny: true,
        joined: 0,
        line,
      },
      ...{
        cut: { ...cut, entities: [] },
        reached: new Set(staging.bySubtree.keys()),
        block: 0,
        judged: null,
      },
    } as TakingOverMemory;
    return true;
  }

  /** One turn of making the state that is taken over, or of removing what is of no use beside the one that shows. */
  goOnTakingOver(): void {
    const { replica } = this;
    const { states } = replica;
    const taking = this.#taking;
    this.inTurn((turn) => {
      if (taking === null) {
        if (!states.isAlone && states.forgetStaged(turn)) states.clear(turn);
        return replica.save(turn);
      }
      const prepared = prepare(taking, replica, { crypto: nodeCrypto, turn });
      if (prepared.kind === "unfinished") return replica.save(turn);
      this.#taking = null;
      if (prepared.kind === "timely") {
        this.madeBeside += 1;
        return replica.adopt(taking.cut, prepared.sieve, turn);
      }
      this.givenUp += 1;
      states.abandon(replica, turn);
      replica.save(turn);
    });
  }

  /** Ends, and starts again over its disk. */
  restart(): void {
    this.#taking = null;
    const { wallMs, monotonicMs } = this.#node;
    this.#node = this.#started(this.#node);
    Object.assign(this.#node, { wallMs, monotonicMs });
  }

  /** Keeps a copy of its disk. */
  backUp(): void {
    this.#sync();
    this.#node.disk.backUp("copy");
  }

  /** Starts again over the last copy of its disk. */
  restore(): void {
    this.#sync();
    this.#node.disk.rollback("copy");
    this.restart();
  }

  /** Starts again over an empty disk, and joins. */
  wipe(): void {
    this.#node.disk.wipe();
    this.restart();
    this.#join();
    this.backUp();
  }

  #sync(): void {
    this.#node.disk.beginSync();
    this.#node.disk.endSync();
  }

  #join(): void {
    const { contextId, genesis } = this.#scribe;
    this.#node.call({ kind: "join-context", contextId, genesis: genesis.sealed });
  }

  #started(before: LoneNode | undefined): LoneNode {
    // Of states made beside what shows a turn copies an entity or two.
    const config: Partial<Config> = { checkpointEveryDeltas: 2, snapshotPageBytes: 256 };
    this.#starts += 1;
    const words: RandomWords = [this.#starts, 2, 3, 4];
    const about = { config, words, codec: trustingCodec, identity: unsigned(this.name) };
    return new LoneNode(this.name, before === undefined ? about : { ...about, disk: before.disk });
  }
}

export class Troupe {
  readonly players: readonly Player[];
  /** Everything that was ever made. */
  readonly made = new Map<DeltaId, CausalDelta>();
  readonly scribe: Scribe;
  /** Who was to be given a role, or to be removed: not asked any more, their past may close without them. */
  readonly demoted = new Set<string>(["dee", "eve"]);
  /** Did someone lose what it had? */
  hasLost = false;
  /** Was someone given another role, or removed, so that it may never answer what it was asked? */
  hasDemoted = false;

  /** Ann and bob are admins, cid writes, dee reads, and eve comes in if she is asked to. */
  constructor() {
    const roleOf = { bob: "admin", cid: "member", dee: "reader" } as const;
    const members = (["bob", "cid", "dee"] as const).map((name) => ({
      author: unsigned(name).author,
      role: roleOf[name],
    }));
    this.scribe = new Scribe(unsigned("ann"), { codec: trustingCodec, members, others: null, retentionMs });
    this.players = names.map((name) => new Player(name, this.scribe));
  }

  do({ by, about, what, key, passedMs, heard, present }: Step): void {
    const [player, other] = [this.players[by], this.players[about]] as [Player, Player];
    player.pass(passedMs);
    for (const each of [player, other]) each.goOnTakingOver();
    switch (what) {
      case "set":
      case "remove":
        player.call(what, key);
        break;
      case "tidy":
        player.inTurn((turn) => player.replica.closing.tidy(turn));
        break;
      case "hear":
        this.hear(player, other, heard);
        break;
      case "gather":
        this.gather(this.players.filter((_, index) => present[index]));
        break;
      case "take":
        this.take(player, other, key !== "m");
        break;
      case "restart":
        player.restart();
        break;
      case "member":
        this.#change(player, other, { key, heard });
        break;
      case "back-up":
        player.backUp();
        break;
      case "restore":
      case "wipe":
        this.hasLost = true;
        player[what]();
        break;
      case "forget":
        this.hasLost = true;
        this.#forget(player, present);
        break;
    }
    for (const each of this.players) this.#note(each);
  }

  /** Keeps what someone has made. */
  #note(player: Player): void {
    const { graph } = player.replica.deltas;
    for (let position = graph.count - 1; position >= 0; position -= 1) {
      const { id } = graph.at(position);
      if (this.made.has(id)) return;
      const delta = player.delta(id);
      if (delta !== undefined) this.made.set(id, delta);
    }
  }

  /** These hear all of each other, come back where they were excluded, name a cut where one is due, and answer. */
  gather(present: readonly Player[]): void {
    for (const isTidying of [true, true, false]) {
      for (const player of present) for (const other of present) this.hear(player, other, 6);
      for (const player of present) {
        player.pass(1);
        if (isTidying)
          player.inTurn((turn) => {
            player.replica.governance.comingIn.comeBack(turn);
            player.replica.closing.tidy(turn);
          });
        this.#note(player);
      }
    }
    for (const player of present) for (const other of present) this.hear(player, other, 6);
  }

  /** It gathers with some, loses what it heard and said, and gathers with the others. */
  #forget(player: Player, present: readonly boolean[]): void {
    player.backUp();
    for (const isThere of [true, false]) {
      this.gather(this.players.filter((each, index) => each === player || present[index] === isThere));
      if (isThere) player.restore();
    }
  }

  /** Delta by delta, the first so many sixths of what is lacked. */
  hear(player: Player, from: Player, sixths = 6): void {
    this.#note(from);
    const lacked = from.replica.deltas.graph.since(player.replica.heads());
    const heard = lacked.slice(0, Math.ceil((lacked.length * sixths) / 6));
    player.inTurn((turn) => {
      for (const id of heard) {
        const delta = this.made.get(id);
        if (delta !== undefined) player.replica.receive(delta, turn);
        while (player.replica.deltas.readyCount > 0) player.replica.applyReady(turn);
      }
    });
  }

  /** A state, as sync would move it: joined at once, or made into another beside what shows, in turns to come. */
  take(player: Player, from: Player, isBeside = false): "taken" | "whole" | "untimely" {
    if (player.isTakingOver) return "untimely";
    const cut = this.cutOf(player, from);
    const isWhole = player.replica.judge(cut).kind === "needs-whole";
    const { state } = from.replica;
    const all = Array.from(state.leaves({}), (leaf) => state.entityOf(leaf));
    const isTaken = player.takeOver(isWhole ? { ...cut, entities: all, isWhole } : cut, isBeside);
    return !isTaken ? "untimely" : isWhole ? "whole" : "taken";
  }

  /** What another has that this one lacks. */
  cutOf(player: Player, from: Player): VerifiedCut {
    this.#note(from);
    const { graph } = from.replica.deltas;
    const history = graph
      .since(player.replica.heads())
      .filter((id) => !player.replica.deltas.graph.has(id))
      .map((id) => this.made.get(id) as CausalDelta);
    const bodies = new Map(
      history.filter(({ content }) => content.kind === "membership").map((delta) => [delta.id, delta]),
    );
    const heads = history.map(({ id, sealed }) => ({ id, head: headOfSealed(sealed, nodeCrypto) }));
    const all = Array.from(from.replica.state.leaves({}), (leaf) => from.replica.state.entityOf(leaf));
    const entities = all.filter(({ id, hash }) => player.replica.state.byId(id)?.hash !== hash);
    return { history: heads, bodies, heads: graph.heads(), entities, isWhole: false };
  }

  #change(player: Player, other: Player, { key, heard }: Pick<Step, "key" | "heard">): void {
    const change = this.#changeOf(player, other, { key, heard });
    if (change !== null) player.inTurn((turn) => player.replica.governance.change(change, turn));
  }

  #demote({ name }: Player): void {
    this.hasDemoted = true;
    this.demoted.add(name);
  }

  #changeOf(
    player: Player,
    other: Player,
    { key, heard }: Pick<Step, "key" | "heard">,
  ): MembershipChange | null {
    const member = other.author;
    if (other.name === "eve" && key === "k") {
      // Whoever stands where she does asks her in, and she comes at once.
      const invited = player.inTurn((turn) =>
        player.replica.governance.invite({ role: "member", invitee: member, expiresInMs: 1e9 }, turn),
      );
      if (invited.kind !== "invitation") return null;
      const invitation = trustingCodec.openInvitation(invited.invitation);
      if (isFault(invitation)) return null;
      other.inTurn((turn) => other.replica.governance.change({ kind: "join", invitation }, turn));
      return null;
    }
    const returnsTo = player.replica.governance.members.excludedFrom(player.author);
    if (returnsTo !== null) return { kind: "return", role: returnsTo };
    if (key === "k") return { kind: "exclude", member };
    if (key === "l" || heard === 0) this.#demote(other);
    if (key === "l") return { kind: "role", member, role: heard % 2 === 0 ? "reader" : "member" };
    return heard === 0 ? { kind: "remove", member } : { kind: "exclude", member };
  }
}
