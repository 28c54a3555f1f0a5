/** What arrives on a context's topic. Every message is answered with one verdict; forwarding does not wait for disk. */

import type { CausalDelta } from "../dag/delta.ts";
import { areSameHeads } from "../dag/heads.ts";
import { type Fault, type FaultCode, fault, isFault } from "../fault.ts";
import { contextOfTopic, type PeerId, toHex } from "../ids.ts";
import type { Input } from "../input.ts";
import type { Replica } from "../replica.ts";
import type { Services } from "../services.ts";
import type { SyncManager } from "../sync/manager.ts";
import type { Turn } from "../turn.ts";
import { type Heartbeat, isHeartbeat } from "../wire/gossip-codec.ts";
import type { HeartbeatSender } from "./heartbeat.ts";

type GossipInput = Extract<Input, { kind: "gossip" }>;
type Verdict = "accept" | "ignore" | "reject";

export class GossipReceiver {
  readonly #services: Services;
  readonly #sync: SyncManager;
  readonly #heartbeat: HeartbeatSender;

  constructor(services: Services, sync: SyncManager, heartbeat: HeartbeatSender) {
    this.#services = services;
    this.#sync = sync;
    this.#heartbeat = heartbeat;
  }

  /** Handles one message for a replica of this node; without one, it is ignored. */
  receive(input: GossipInput, replica: Replica | undefined, turn: Turn): void {
    const verdict = replica === undefined ? "ignore" : this.#judge(input, replica, turn);
    turn.perform({ kind: "verdict", gossip: input.gossip, verdict });
  }

  #judge(input: GossipInput, replica: Replica, turn: Turn): Verdict {
    const { codec } = this.#services;
    const unsealed = replica.governance.topic.unseal(input.message);
    if (isFault(unsealed)) return this.#refuse(input.from, unsealed, turn);
    if (unsealed.kind === "unreadable") {
      // Whoever relays it may have the change of members whose secret this node lacks.
      turn.observe("gossip-unreadable", { contextId: replica.contextId, peer: input.from });
      this.#sync.behind(replica, input.from, turn);
      return "ignore";
    }
    const { content } = unsealed;
    const message = isHeartbeat(content) ? codec.openHeartbeat(content) : codec.openDelta(content);
    if (isFault(message)) return this.#refuse(input.from, message, turn);
    if (message.contextId !== contextOfTopic(input.topic)) {
      const detail = `a ${message.kind} of context ${toHex(message.contextId)} on topic ${input.topic}`;
      return this.#refuse(input.from, fault("wrong-context", detail), turn);
    }
    // Members seal what they say, or whoever joins the topic could read it.
    if (unsealed.kind === "plain" || !hears(replica, message, turn)) {
      turn.observe("gossip-unheard", { contextId: replica.contextId, peer: input.from });
      return "ignore";
    }
    if (message.kind === "heartbeat") {
      this.#compare(message, replica, { from: input.from, turn });
      return "accept";
    }
    return this.#receiveDelta(message, replica, { from: input.from, turn });
  }

  /** What a newer version says is no mistake, nor what only the past shows to be one; everything else is. */
  #refuse(from: PeerId, mistake: Fault, turn: Turn): Verdict {
    if (noMistakes.has(mistake.code)) return "ignore";
    turn.blame(from, mistake);
    return "reject";
  }

  #receiveDelta(delta: CausalDelta, replica: Replica, { from, turn }: { from: PeerId; turn: Turn }): Verdict {
    const outcome = replica.receive(delta, turn);
    switch (outcome.kind) {
      case "applied":
      case "duplicate":
        return "accept";
      case "pending":
        this.#sync.pullMissing(replica, outcome.missing, { from, turn });
        return "accept";
      case "rejected":
        return this.#refuse(from, outcome.fault, turn);
    }
  }

  /** Someone stands elsewhere: what it has and this node lacks is fetched from whoever relayed the news. */
  #compare(heartbeat: Heartbeat, replica: Replica, { from, turn }: { from: PeerId; turn: Turn }): void {
    const unknown = heartbeat.heads.filter((head) => !replica.deltas.holds(head));
    if (unknown.length > 0) {
      turn.observe("heartbeat-behind", { contextId: replica.contextId, peer: from });
      this.#sync.behind(replica, from, turn);
      return;
    }
    if (!areSameHeads(replica.standing(), heartbeat)) {
      // Among heads that were not listed there may be some that are unknown here.
      if (heartbeat.headsDigest !== "") this.#sync.behind(replica, from, turn);
      return;
    }
    if (heartbeat.stateRoot === replica.stateRoot()) this.#heartbeat.heardAgreeing(replica, heartbeat.sender);
    else this.#sync.heardDivergence(replica, from, turn);
  }
}

const noMistakes: ReadonlySet<FaultCode> = new Set(["unknown-version", "not-permitted", "too-late"]);

/** Is what someone says of use, going by who says it? */
function hears({ governance }: Replica, message: CausalDelta | Heartbeat, turn: Turn): boolean {
  if (message.kind === "delta") return governance.hears(message, turn);
  const { members } = governance;
  return !members.isInitialized || members.roleNow(message.sender) !== null;
}
