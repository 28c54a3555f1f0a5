/** `/admin-api/contexts/:id/…`: who is a member, and how that changes. Keys and invitations are base58 texts. */

import type { FastifyInstance } from "fastify";
import type { AuthorId } from "../../core/ids.ts";
import { invitationMaxMs } from "../../core/members/governance.ts";
import { contextOfInvitation } from "../../core/members/invitation.ts";
import { type Member, type MembershipChange, type Role, roles } from "../../core/members/membership.ts";
import { contextOf, HttpError, type NodeApi, readContextId, refusalOf } from "./api.ts";
import { bytesFromBase58, fromBase58, textOfBytes, toBase58 } from "./base58.ts";

interface WithId {
  readonly Params: { readonly id: string };
}
interface WithMember {
  readonly Params: { readonly id: string; readonly key: string };
}

type Fields = Readonly<Record<string, unknown>>;

const hourMs = 3_600_000;
const hoursMax = invitationMaxMs / hourMs;
const hoursDefault = 7 * 24;

export function registerMembers(server: FastifyInstance, api: NodeApi): void {
  const memberPublicKey = toBase58(api.author);
  server.post("/admin-api/contexts/join", async ({ body }) => {
    const { contextId, invitation } = readInvitation(fieldsOf(body).invitation);
    contextOf(await api.call({ kind: "join-context", contextId, invitation }));
    return { data: { contextId: toBase58(contextId), memberPublicKey } };
  });
  server.post<WithId>("/admin-api/contexts/:id/invite", async ({ params, body }) => {
    const { role = "member", invitee, validHours = hoursDefault } = fieldsOf(body);
    const outcome = await api.call({
      kind: "invite",
      contextId: readContextId(params.id),
      role: readRole(role),
      invitee: invitee === undefined ? null : readKey(invitee),
      expiresInMs: readHours(validHours) * hourMs,
    });
    if (outcome.kind !== "invitation") throw refusalOf(outcome, "an invitation");
    return { data: { invitation: textOfBytes(outcome.invitation) } };
  });
  server.get<WithId>("/admin-api/contexts/:id/members", async ({ params }) => {
    const members = await api.members(readContextId(params.id));
    if (members === null) throw new HttpError(404, `no context ${params.id} on this node`);
    return { data: { ownRole: members.ownRole, others: members.others, members: members.named.map(show) } };
  });
  const change = async (
    id: string,
    wanted: Extract<MembershipChange, { kind: "leave" | "remove" | "role" }>,
  ) => {
    contextOf(await api.call({ kind: "change-members", contextId: readContextId(id), change: wanted }));
    return { data: { contextId: id } };
  };
  server.put<WithMember>("/admin-api/contexts/:id/members/:key", ({ params, body }) =>
    change(params.id, {
      kind: "role",
      member: readKey(params.key),
      role: readRole(fieldsOf(body).role),
    }),
  );
  server.delete<WithMember>("/admin-api/contexts/:id/members/:key", ({ params }) =>
    change(params.id, { kind: "remove", member: readKey(params.key) }),
  );
  server.post<WithId>("/admin-api/contexts/:id/resign", ({ params }) => change(params.id, { kind: "leave" }));
}

/** Whom a genesis names, as a body says: `[{ publicKey, role }, …]`. */
export function readMembers(value: unknown): readonly Member[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new HttpError(400, "members is not a list of { publicKey, role }");
  return value.map((entry) => {
    const { publicKey, role = "member" } = fieldsOf(entry);
    return { author: readKey(publicKey), role: readRole(role) };
  });
}

export function readRole(value: unknown): Role {
  const role = roles.find((each) => each === value);
  if (role === undefined)
    throw new HttpError(400, `role is ${JSON.stringify(value)}, expected one of ${roles.join(", ")}`);
  return role;
}

function show({ author, role }: Member) {
  return { publicKey: toBase58(author), role };
}

function readKey(value: unknown): AuthorId {
  const key = typeof value === "string" ? fromBase58<AuthorId>(value) : null;
  if (key === null)
    throw new HttpError(
      400,
      `${JSON.stringify(value)} is no key: expected 32 bytes in base58, as status shows it`,
    );
  return key;
}

function readHours(value: unknown): number {
  if (typeof value !== "number" || !(value > 0) || value > hoursMax)
    throw new HttpError(
      400,
      `validHours is ${JSON.stringify(value)}, expected a number above 0 and up to ${hoursMax}`,
    );
  return value;
}

function readInvitation(value: unknown) {
  const invitation = typeof value === "string" ? bytesFromBase58(value) : null;
  const contextId = invitation === null ? null : contextOfInvitation(invitation);
  if (invitation === null || contextId === null)
    throw new HttpError(400, "not an invitation: expected the text that context invite printed");
  return { contextId, invitation };
}

function fieldsOf(body: unknown): Fields {
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body)) throw new HttpError(400, "expected a JSON object");
  return body as Fields;
}
