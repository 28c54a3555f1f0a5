/** The contexts of a node inside a program: made, joined, looked at, and who is a member. Ids, keys and invitations are base58 texts. */

import { bytesFromBase58, fromBase58, noContextId, textOfBytes, toBase58 } from "../adapters/http/base58.ts";
import type { Outcome } from "../core/effect.ts";
import type { AuthorId, ContextId } from "../core/ids.ts";
import { contextOfInvitation } from "../core/members/invitation.ts";
import type { Member, Role } from "../core/members/membership.ts";
import { Failure } from "./failure.ts";
import type { ReconvergeNode } from "./node.ts";

export interface ContextStatus {
  readonly id: string;
  readonly application: string;
  readonly root: string;
  readonly heads: readonly string[];
  readonly deltas: number;
  readonly pending: number;
  /** Of this node; null: none, or not yet. */
  readonly ownRole: Role | null;
  readonly readiness: { readonly state: string; readonly why: string };
}

export interface NamedMember {
  /** The node's key, as its `status` shows it. */
  readonly key: string;
  readonly role: Role;
}

export interface CreateContextOptions {
  /** Besides this node, which is the admin; these join by the context's id. */
  readonly members?: readonly NamedMember[];
  /** The role of everyone else; none unless given. */
  readonly open?: Role;
}

export interface InviteOptions {
  /** Default: member. */
  readonly role?: Role;
  /** Let in this key alone; whoever comes first, unless given. */
  readonly key?: string;
  /** Default: a week. */
  readonly validHours?: number;
}

const hourMs = 3_600_000;
const weekHours = 168;

export class EmbeddedContexts {
  readonly #node: ReconvergeNode;

  constructor(node: ReconvergeNode) {
    this.#node = node;
  }

  /** Makes a context; gives its id. */
  async create(application: string, { members = [], open }: CreateContextOptions = {}): Promise<string> {
    const named = members.map(({ key, role }): Member => ({ author: authorOf(key), role }));
    const about = { application, members: named, others: open ?? null };
    return contextOf(await this.#node.api.call({ kind: "create-context", ...about }));
  }

  /** Signs an invitation: a text to hand over. */
  async invite(
    id: string,
    { role = "member", key, validHours = weekHours }: InviteOptions = {},
  ): Promise<string> {
    const invitee = key === undefined ? null : authorOf(key);
    const about = { contextId: contextIdOf(id), role, invitee, expiresInMs: validHours * hourMs };
    const outcome = await this.#node.api.call({ kind: "invite", ...about });
    if (outcome.kind === "invitation") return textOfBytes(outcome.invitation);
    throw refusalOf(outcome);
  }

  /** Comes in by an invitation, or by the id of a context that names this node or is open; gives the id. */
  async join(invitationOrId: string): Promise<string> {
    const id = fromBase58<ContextId>(invitationOrId);
    const invitation = id === null ? bytesFromBase58(invitationOrId) : null;
    const contextId = id ?? (invitation === null ? null : contextOfInvitation(invitation));
    if (contextId === null)
      throw new Failure("refused", "bad-invitation", "that is neither an invitation nor a context's id");
    const by = invitation === null ? {} : { invitation };
    return contextOf(await this.#node.api.call({ kind: "join-context", contextId, ...by }));
  }

  /** Leaves the topic and removes all of a context from this node; it stays the member that it is. */
  async delete(id: string): Promise<void> {
    contextOf(await this.#node.api.call({ kind: "delete-context", contextId: contextIdOf(id) }));
  }

  async list(): Promise<readonly ContextStatus[]> {
    return (await this.#node.api.contexts()).map(statusOf);
  }

  /** Null for a context that is not on this node. */
  async status(id: string): Promise<ContextStatus | null> {
    const context = await this.#node.api.context(contextIdOf(id));
    return context === null ? null : statusOf(context);
  }

  /** Null for a context that is not on this node. */
  async members(id: string): Promise<readonly NamedMember[] | null> {
    const members = await this.#node.api.members(contextIdOf(id));
    return members?.named.map(({ author, role }) => ({ key: toBase58(author), role })) ?? null;
  }

  /** Another role for a member; whoever is none becomes one. */
  async giveRole(id: string, key: string, role: Role): Promise<void> {
    const change = { kind: "role", member: authorOf(key), role } as const;
    contextOf(await this.#node.api.call({ kind: "change-members", contextId: contextIdOf(id), change }));
  }

  async removeMember(id: string, key: string): Promise<void> {
    const change = { kind: "remove", member: authorOf(key) } as const;
    contextOf(await this.#node.api.call({ kind: "change-members", contextId: contextIdOf(id), change }));
  }
}

type ContextView = Awaited<ReturnType<ReconvergeNode["api"]["contexts"]>>[number];

function statusOf({
  id,
  application,
  stateRoot,
  heads,
  applied,
  pending,
  ownRole,
  readiness,
}: ContextView): ContextStatus {
  const [root, headIds] = [toBase58(stateRoot), heads.map(toBase58)];
  return {
    id: toBase58(id),
    application,
    root,
    heads: headIds,
    deltas: applied,
    pending,
    ownRole,
    readiness,
  };
}

export function contextIdOf(text: string): ContextId {
  const contextId = fromBase58<ContextId>(text);
  if (contextId === null) throw new Failure("refused", "bad-context-id", noContextId(text));
  return contextId;
}

function authorOf(key: string): AuthorId {
  const author = fromBase58<AuthorId>(key);
  if (author === null)
    throw new Failure(
      "refused",
      "bad-key",
      `"${key}" is no key: expected 32 bytes in base58, as status shows it`,
    );
  return author;
}

function contextOf(outcome: Outcome): string {
  if (outcome.kind === "context") return toBase58(outcome.contextId);
  throw refusalOf(outcome);
}

export function refusalOf(outcome: Outcome): Failure {
  if (outcome.kind === "refused") return new Failure("refused", outcome.code, outcome.message);
  return new Failure(
    "internal",
    "internal",
    `the node gave another answer than was asked for: ${outcome.kind}`,
  );
}
