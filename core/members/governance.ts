/**
 * A context's members on this node: lets peers in or not, and makes the deltas that change who is a member. With the
 * topic and its own coming in, enforced here and nowhere else: on gossip, sync, blobs and calls. Invariant 13.
 */

import type { CausalDelta, DeltaContent } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import type { Outcome, RefusalCode } from "../effect.ts";
import { type Fault, isFault } from "../fault.ts";
import { type AuthorId, byteString, type ContextId, type PeerId } from "../ids.ts";
import { secretAbout } from "../secret.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import { expectBytes, expectFields, expectInteger, expectList } from "../wire/expect.ts";
import { ComingIn, type ComingInMemory } from "./coming-in.ts";
import { issueInvitation } from "./invitation.ts";
import { createMembersMemory, Members, type MembersMemory } from "./members.ts";
import {
  type Invitation,
  invitationBytesMax,
  type MembershipChange,
  type Role,
  secretBytes,
} from "./membership.ts";
import { mayWrite } from "./permission.ts";
import { createTopicMemory, Topic, type TopicMemory } from "./topic.ts";

export interface GovernanceMemory extends ComingInMemory, TopicMemory {
  readonly members: MembersMemory;
}

export function createGovernanceMemory(): GovernanceMemory {
  return { members: createMembersMemory(), invitation: null, ...createTopicMemory() };
}

/** An invitation may be good for so long. */
export const invitationMaxMs = 366 * 24 * 3_600_000;

/** Another admin than the one who removed someone changes the key if that one does not. */
const rotateDelayMs = { min: 2_000, max: 10_000 };

interface GovernanceParts {
  readonly contextId: ContextId;
  readonly services: Services;
  readonly graph: Graph;
  readonly write: (content: DeltaContent, turn: Turn) => CausalDelta | Fault;
}

export class Governance {
  readonly members: Members;
  readonly topic: Topic;
  /** How this node itself becomes a member. */
  readonly comingIn: ComingIn;
  readonly #parts: GovernanceParts;

  constructor(memory: GovernanceMemory, parts: GovernanceParts) {
    this.members = new Members(memory.members, parts.graph);
    this.topic = new Topic(memory, { ...parts, members: this.members });
    this.comingIn = new ComingIn(memory, { ...parts, members: this.members, topic: this.topic });
    this.#parts = parts;
  }

  /** This node's own role; null: none, or the genesis has not arrived. */
  get ownRole(): Role | null {
    return this.members.roleNow(this.#parts.services.identity.author);
  }

  /** The delta at this position is part of the graph. */
  applied(position: number, delta: CausalDelta, turn: Turn): void {
    this.members.applied(position, delta);
    if (delta.content.kind === "membership") {
      turn.observe("members-changed", { contextId: this.#parts.contextId });
      if (this.ownRole === "admin" && this.members.needsRotation) this.#rotateLater(turn);
      this.comingIn.moved(turn);
    } else {
      this.comingIn.grew(turn);
    }
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

  /** An invitation signed by this node, or a token where it is for nobody in particular. */
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
    const draft = { contextId, role, invitee, expiresMs, nonce };
    const invitation = issueInvitation(draft, services.identity, services.codec.crypto);
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
    // Not the same twice, whatever is forgotten in between.
    const about = services.random.bytes(secretBytes);
    const secret = secretAbout("reconverge/topic-secret/1", about, {
      identity: services.identity,
      crypto: services.codec.crypto,
    });
    const change = { kind: "rotate", secret: byteString(secret.subarray(0, secretBytes)) } as const;
    const delta = write({ kind: "membership", change }, turn);
    if (!isFault(delta)) turn.observe("key-rotated", { contextId });
  }

  /** What is stored of it: where in the graph members change, and the invitation. */
  save(): unknown {
    const { invitation } = this.comingIn;
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
    const [founding, second = graph.count] = changes;
    if (founding !== undefined) this.members.applied(founding, at(founding));
    // What lies between is in the cut of the founding alone.
    for (let position = second; position < graph.count; position += 1) {
      if (changes.has(position)) this.members.applied(position, at(position));
      else this.members.passed(position);
    }
    this.comingIn.moved(turn);
    if (invitation === null) return;
    const opened = services.codec.openInvitation(expectBytes(invitation, invitationBytesMax));
    if (isFault(opened)) return refuse(opened.code, opened.detail);
    this.comingIn.accept(opened, turn);
  }

  /** Deltas were taken over with a state. */
  adopted(turn: Turn): void {
    this.comingIn.moved(turn);
    if (this.ownRole === "admin" && this.members.needsRotation) this.#rotateLater(turn);
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
