/**
 * A context's members on this node: lets peers in or not, says on the topic what only members may read, and makes the
 * deltas that change who is a member. Enforced here and nowhere else: on gossip, sync, blobs and calls. Invariant 13.
 */

import type { CausalDelta, DeltaContent } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import type { Outcome, RefusalCode } from "../effect.ts";
import { type Fault, fault, isFault } from "../fault.ts";
import { type AuthorId, byteString, type ContextId, type DeltaId, type PeerId, topicOf } from "../ids.ts";
import { type Services, timerName } from "../services.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import { decodeEnvelope, isEnvelope } from "../wire/envelope.ts";
import { expectBytes, expectFields, expectInteger, expectList } from "../wire/expect.ts";
import { sealInvitation } from "./invitation.ts";
import { createMembersMemory, Members, type MembersMemory, mayWrite } from "./members.ts";
import {
  type Invitation,
  invitationBytesMax,
  type MembershipChange,
  type Role,
  secretBytes,
} from "./membership.ts";
import { TopicKeys } from "./topic-keys.ts";

export interface GovernanceMemory {
  readonly members: MembersMemory;
  /** What this node is to come in by; null once it has, or where it needs none. */
  invitation: Invitation | null;
  /** When it last told others of its own removals, because they took it for no member. */
  protestedMs: number | null;
}

export function createGovernanceMemory(): GovernanceMemory {
  return { members: createMembersMemory(), invitation: null, protestedMs: null };
}

/** An invitation may be good for so long. */
export const invitationMaxMs = 366 * 24 * 3_600_000;

/** Removals told again at once: the newest. */
const repeatedMax = 16;
/** After the last delta of a bulk, so that a node comes in where all others stand. */
const comeInDelayMs = 30;
/** Another admin than the one who removed someone changes the key if that one does not. */
const rotateDelayMs = { min: 2_000, max: 10_000 };

/** A message on the topic, as this node may read it. */
export type Unsealed =
  | { readonly kind: "content"; readonly content: Uint8Array }
  /** Sealed with a key this node does not have. */
  | { readonly kind: "unreadable" }
  /** Not sealed, where all is. */
  | { readonly kind: "plain"; readonly content: Uint8Array };

interface GovernanceParts {
  readonly contextId: ContextId;
  readonly services: Services;
  readonly graph: Graph;
  readonly write: (content: DeltaContent, turn: Turn) => CausalDelta | Fault;
}

export class Governance {
  readonly members: Members;
  readonly #memory: GovernanceMemory;
  readonly #parts: GovernanceParts;
  readonly #keys: TopicKeys;

  constructor(memory: GovernanceMemory, parts: GovernanceParts) {
    this.members = new Members(memory.members, parts.graph);
    this.#memory = memory;
    this.#parts = parts;
    this.#keys = new TopicKeys(this.members, parts.services.codec, topicOf(parts.contextId));
  }

  /** This node's own role; null: none, or the genesis has not arrived. */
  get ownRole(): Role | null {
    return this.members.roleNow(this.#parts.services.identity.author);
  }

  /** What to show peers that do not know this node yet. */
  get invitation(): Invitation | null {
    return this.#memory.invitation;
  }

  /** The delta at this position is part of the graph. */
  applied(position: number, delta: CausalDelta, turn: Turn): void {
    this.members.applied(position, delta);
    if (delta.content.kind === "membership") {
      turn.observe("members-changed", { contextId: this.#parts.contextId });
      if (this.ownRole === "admin" && this.members.needsRotation) this.#rotateLater(turn);
      this.moved(turn);
    } else if (this.#memory.invitation !== null) {
      this.#comeInLater(turn);
    }
  }

  /** Members may have changed: is this node to come in, or to come back? */
  moved(turn: Turn): void {
    if (this.#memory.invitation !== null || this.#excludedFrom !== null) this.#comeInLater(turn);
  }

  /** May a peer be given what is in this context, and give? Until there is a genesis there is nothing to be given. */
  admits(peer: PeerId): boolean {
    const { graph, services } = this.#parts;
    return graph.count === 0 || this.members.roleNow(services.authorOf(peer)) !== null;
  }

  /** Was a peer a member, and is none any more? */
  isRemoved(peer: PeerId): boolean {
    return this.members.isRemoved(this.#parts.services.authorOf(peer));
  }

  /** What a peer shows, where it lets it in; else null. */
  goodInvitation(peer: PeerId, shown: Uint8Array, turn: Turn): Invitation | null {
    const { services, contextId } = this.#parts;
    const author = services.authorOf(peer);
    const invitation = services.codec.openInvitation(shown);
    if (author === null || isFault(invitation) || invitation.contextId !== contextId) return null;
    const isGood = turn.now.wallMs <= invitation.expiresMs && this.members.isGood(invitation, author);
    return isGood ? invitation : null;
  }

  /**
   * Might gossip of this delta be of use? Who is no member is heard only where it was an admin and changes members: it may
   * have been removed by one whom it removed. What else was allowed once comes from members, by sync.
   */
  hears({ author, content }: CausalDelta, turn: Turn): boolean {
    const { members } = this;
    if (!members.isInitialized || mayWrite(members.roleNow(author))) return true;
    if (content.kind !== "membership") return false;
    const { change } = content;
    switch (change.kind) {
      case "join":
        return turn.now.wallMs <= change.invitation.expiresMs && members.isGood(change.invitation, author);
      case "leave":
        return members.roleNow(author) !== null;
      case "return":
        return members.excludedFrom(author) !== null;
      case "remove":
      case "role":
      case "exclude":
      case "rotate":
        return members.wasAdmin(author);
    }
  }

  /**
   * Tells the topic of an own delta. What rotates the key is told on streams alone, which prove who listens, and so is
   * all that follows a removal until the rotation has come: the topic carries the one sooner than streams the other.
   */
  publish(delta: CausalDelta, turn: Turn): void {
    const { content } = delta;
    const isRotation = content.kind === "membership" && content.change.kind === "rotate";
    if (isRotation || this.members.isOverheard(delta.parents)) this.announce(turn);
    else this.say(delta.sealed, delta, turn);
  }

  /** Says something on the topic, sealed with the key above these deltas. */
  say(content: Uint8Array, { parents }: Pick<CausalDelta, "parents">, turn: Turn): void {
    const topic = topicOf(this.#parts.contextId);
    turn.perform({ kind: "publish", topic, message: this.seal(content, parents) });
  }

  /** What is said on the topic above these deltas, as others are to find it there; above none: the genesis. */
  seal(content: Uint8Array, above: readonly DeltaId[]): Uint8Array {
    return this.#keys.seal(content, above.length > 0 ? above : [this.#parts.graph.at(0).id]);
  }

  /** Reads what was said on the topic. A fault: no one could read it. */
  unseal(message: Uint8Array): Unsealed | Fault {
    const { services, contextId } = this.#parts;
    const isOpen = !this.members.isInitialized || this.members.others !== null;
    if (!isEnvelope(message)) return { kind: isOpen ? "content" : "plain", content: message };
    const envelope = decodeEnvelope(message);
    if (isFault(envelope)) return envelope;
    const key = this.members.isInitialized ? this.#keys.find(envelope.keyName) : null;
    if (key === null) return { kind: "unreadable" };
    const content = services.codec.openEnvelope(message, envelope, { key, topic: topicOf(contextId) });
    return content === null
      ? fault("bad-signature", "a message not sealed with the key it names")
      : { kind: "content", content };
  }

  /** Sessions with those who do not stand where this node stands, soon. */
  announce(turn: Turn): void {
    const { services, contextId } = this.#parts;
    services.timers.setEarlier(timerName("announce", contextId), turn.now.monotonicMs);
  }

  /** An invitation signed by this node. */
  invite(
    {
      role,
      invitee,
      expiresInMs,
    }: { readonly role: Role; readonly invitee: AuthorId | null; readonly expiresInMs: number },
    turn: Turn,
  ): Outcome {
    const { services, contextId } = this.#parts;
    if (this.ownRole !== "admin")
      return refused("not-permitted", "only an admin of the context invites to it");
    const expiresMs = Math.floor(turn.now.wallMs + expiresInMs);
    const nonce = byteString(services.random.bytes(secretBytes));
    const invitation = sealInvitation({ contextId, role, invitee, expiresMs, nonce }, services.identity);
    return { kind: "invitation", invitation };
  }

  /** Makes a change of members, and the rotation that it calls for. */
  change(change: MembershipChange, turn: Turn): Outcome {
    const { contextId, write } = this.#parts;
    if (!this.members.isInitialized)
      return refused("uninitialized", "the context's genesis has not arrived yet");
    const delta = write({ kind: "membership", change }, turn);
    if (isFault(delta)) return refused("not-permitted", delta.detail);
    if (this.ownRole === "admin" && this.members.needsRotation) this.rotate(turn);
    return { kind: "context", contextId };
  }

  /** Changes the key, if someone could still read who should not. */
  rotate(turn: Turn): void {
    const { services, contextId, write } = this.#parts;
    if (this.ownRole !== "admin" || !this.members.needsRotation) return;
    const secret = byteString(services.random.bytes(secretBytes));
    const delta = write({ kind: "membership", change: { kind: "rotate", secret } }, turn);
    if (!isFault(delta)) turn.observe("key-rotated", { contextId });
  }

  /** Takes an invitation, to come in by as soon as this node is no member. */
  accept(invitation: Invitation, turn: Turn): void {
    this.#memory.invitation = invitation;
    if (this.members.isInitialized) this.#comeInLater(turn);
  }

  /** What is stored of it: where in the graph members change, and the invitation. */
  save(): unknown {
    const { invitation } = this.#memory;
    return [this.members.events.map(({ position }) => position), invitation?.sealed ?? null];
  }

  /** Reads that, once the graph is there. For use inside `decoding`. */
  load(
    stored: unknown,
    { at, turn }: { readonly at: (position: number) => CausalDelta; readonly turn: Turn },
  ): void {
    const { graph, services } = this.#parts;
    const [positions, invitation] = expectFields(stored, 2, "stored members");
    const changes = new Set(
      expectList(positions, graph.count, (position) => expectInteger(position, graph.count - 1)),
    );
    for (let position = 0; position < graph.count; position += 1) {
      if (changes.has(position)) this.members.applied(position, at(position));
      else this.members.passed(position);
    }
    if (this.#excludedFrom !== null) this.#comeInLater(turn);
    if (invitation === null) return;
    const opened = services.codec.openInvitation(expectBytes(invitation, invitationBytesMax));
    if (isFault(opened)) return refuse(opened.code, opened.detail);
    this.#memory.invitation = opened;
    if (this.members.isInitialized) this.#comeInLater(turn);
  }

  /** Returns to the role that this node was excluded from, if it was. */
  comeBack(turn: Turn): void {
    const { contextId, write } = this.#parts;
    const role = this.#excludedFrom;
    if (role === null) return;
    const delta = write({ kind: "membership", change: { kind: "return", role } }, turn);
    if (isFault(delta)) return;
    turn.observe("member-returned", { contextId });
    this.announce(turn);
  }

  /** The invitation by which this node is a member; null where it is none, or needed none. */
  get #cameInBy(): Invitation | null {
    const { author } = this.#parts.services.identity;
    const own = this.members.events.findLast(
      (event) => event.author === author && event.change.kind === "join",
    );
    return own?.change.kind === "join" && this.ownRole !== null ? own.change.invitation : null;
  }

  get #excludedFrom(): Role | null {
    return this.members.excludedFrom(this.#parts.services.identity.author);
  }

  /** Comes in, once the graph here says that the invitation is good, or back. Kept until it is used or expires: see `accept`. */
  comeIn(turn: Turn): void {
    this.comeBack(turn);
    const { services, contextId, write } = this.#parts;
    const { invitation } = this.#memory;
    if (invitation === null) return;
    if (turn.now.wallMs > invitation.expiresMs) {
      this.#memory.invitation = null;
      return turn.observe("invitation-expired", { contextId });
    }
    if (this.ownRole !== null || !this.members.isGood(invitation, services.identity.author)) return;
    const delta = write({ kind: "membership", change: { kind: "join", invitation } }, turn);
    if (isFault(delta)) return turn.observe("invitation-refused", { contextId, detail: delta.detail });
    this.#memory.invitation = null;
    this.announce(turn);
  }

  /**
   * What to show a peer: an invitation that anyone could use only to who signed it, and to members. Since somebody took
   * this node for no member, also the one it came in by: the change that says so may never reach them else.
   */
  invitationFor(peer: PeerId): Uint8Array | null {
    const { invitation: pending, protestedMs } = this.#memory;
    const invitation = pending ?? (protestedMs === null ? null : this.#cameInBy);
    if (invitation === null) return null;
    const author = this.#parts.services.authorOf(peer);
    const isSafe =
      invitation.invitee !== null || author === invitation.inviter || this.members.roleNow(author) !== null;
    return isSafe ? invitation.sealed : null;
  }

  /**
   * A peer took this node for no member. Where members removed each other, neither knowing of the other, that peer may
   * have heard one side only: it is told the other, at most once every `syncFrequencyMs`; but not what somebody else who
   * was removed could read: that goes on streams alone, as in `publish`.
   */
  protest(turn: Turn): void {
    const { services, contextId } = this.#parts;
    const { monotonicMs } = turn.now;
    const lastMs = this.#memory.protestedMs;
    if (lastMs !== null && monotonicMs - lastMs < services.config.syncFrequencyMs) return;
    this.#memory.protestedMs = monotonicMs;
    if (this.ownRole === null) return;
    const removals = this.members.events.filter(({ change }) => change.kind === "remove");
    for (const { id } of removals.slice(-repeatedMax)) {
      const sealed = turn.read(storeKeys.delta(id));
      const delta = sealed === undefined ? null : services.codec.openStored(sealed);
      if (delta === null || isFault(delta) || this.members.isOverheard(delta.parents)) continue;
      this.say(delta.sealed, delta, turn);
      turn.observe("removal-repeated", { contextId });
    }
  }

  /** Deltas were taken over with a state. */
  adopted(turn: Turn): void {
    this.moved(turn);
    if (this.ownRole === "admin" && this.members.needsRotation) this.#rotateLater(turn);
  }

  #comeInLater(turn: Turn): void {
    const { services, contextId } = this.#parts;
    services.timers.set(timerName("come-in", contextId), turn.now.monotonicMs + comeInDelayMs);
  }

  #rotateLater(turn: Turn): void {
    const { services, contextId } = this.#parts;
    const dueMs = turn.now.monotonicMs + services.random.between(rotateDelayMs.min, rotateDelayMs.max);
    services.timers.setEarlier(timerName("rotate-key", contextId), dueMs);
  }
}

function refused(code: RefusalCode, message: string): Outcome {
  return { kind: "refused", code, message };
}
