/** How this node becomes a member: it comes in by an invitation, or back to a role that it was excluded from. */

import type { CausalDelta, DeltaContent } from "../dag/delta.ts";
import { type Fault, isFault } from "../fault.ts";
import type { ContextId, PeerId } from "../ids.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { Members } from "./members.ts";
import type { Invitation, Role } from "./membership.ts";
import type { Topic } from "./topic.ts";

export interface ComingInMemory {
  /** What this node is to come in by; null once it has, or where it needs none. */
  invitation: Invitation | null;
}

/** After the last delta of a bulk, so that a node comes in where all others stand. */
const comeInDelayMs = 30;

interface ComingInParts {
  readonly contextId: ContextId;
  readonly services: Services;
  readonly members: Members;
  readonly topic: Topic;
  readonly write: (content: DeltaContent, turn: Turn) => CausalDelta | Fault;
}

export class ComingIn {
  readonly #memory: ComingInMemory;
  readonly #parts: ComingInParts;

  constructor(memory: ComingInMemory, parts: ComingInParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** What to show peers that do not know this node yet. */
  get invitation(): Invitation | null {
    return this.#memory.invitation;
  }

  /** Members may have changed: is this node to come in, or to come back? */
  moved(turn: Turn): void {
    if (this.#memory.invitation !== null || this.#excludedFrom !== null) this.#later(turn);
  }

  /** The graph has grown: is it to come in, where it waits for that? */
  grew(turn: Turn): void {
    if (this.#memory.invitation !== null) this.#later(turn);
  }

  /** Takes an invitation, to come in by as soon as this node is no member. */
  accept(invitation: Invitation, turn: Turn): void {
    this.#memory.invitation = invitation;
    if (this.#parts.members.isInitialized) this.#later(turn);
  }

  /** Returns to the role that this node was excluded from, if it was. */
  comeBack(turn: Turn): void {
    const { contextId, topic, write } = this.#parts;
    const role = this.#excludedFrom;
    if (role === null) return;
    const delta = write({ kind: "membership", change: { kind: "return", role } }, turn);
    if (isFault(delta)) return;
    turn.observe("member-returned", { contextId });
    topic.announce(turn);
  }

  /** The invitation by which this node is a member; null where it is none, or needed none. */
  get #cameInBy(): Invitation | null {
    const { members, services } = this.#parts;
    const { author } = services.identity;
    const own = members.events.findLast((event) => event.author === author && event.change.kind === "join");
    return own?.change.kind === "join" && this.#ownRole !== null ? own.change.invitation : null;
  }

  get #ownRole(): Role | null {
    return this.#parts.members.roleNow(this.#parts.services.identity.author);
  }

  get #excludedFrom(): Role | null {
    return this.#parts.members.excludedFrom(this.#parts.services.identity.author);
  }

  /** Comes in, once the graph here says that the invitation is good, or back. Kept until it is used or expires: see `accept`. */
  comeIn(turn: Turn): void {
    this.comeBack(turn);
    const { services, contextId, members, topic, write } = this.#parts;
    const { invitation } = this.#memory;
    if (invitation === null) return;
    if (turn.now.wallMs > invitation.expiresMs) {
      this.#memory.invitation = null;
      return turn.observe("invitation-expired", { contextId });
    }
    if (this.#ownRole !== null || !members.isGood(invitation, services.identity.author)) return;
    const delta = write({ kind: "membership", change: { kind: "join", invitation } }, turn);
    if (isFault(delta)) return turn.observe("invitation-refused", { contextId, detail: delta.detail });
    this.#memory.invitation = null;
    topic.announce(turn);
  }

  /**
   * What to show a peer. One that anyone could use, as older programs made them, is shown only to who signed it, and to
   * members. Since somebody took this node for no member, also the one it came in by: the change that says so may never
   * reach them else.
   */
  invitationFor(peer: PeerId): Uint8Array | null {
    const { members, services, topic } = this.#parts;
    const invitation = this.#memory.invitation ?? (topic.hasProtested ? this.#cameInBy : null);
    if (invitation === null) return null;
    const author = services.authorOf(peer);
    const isSafe =
      invitation.invitee !== null || author === invitation.inviter || members.roleNow(author) !== null;
    return isSafe ? invitation.sealed : null;
  }

  #later(turn: Turn): void {
    const { services, contextId } = this.#parts;
    services.timers.set(timerName("come-in", contextId), turn.now.monotonicMs + comeInDelayMs);
  }
}
