// The rules of `roster.ts`, read off one by one: every set of deltas is walked anew, and nothing is remembered.

import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { type Role, roles } from "../../../core/members/membership.ts";

type Past = ReadonlyMap<DeltaId, CausalDelta>;
interface Seat {
  readonly role: Role | null;
  /** In order of seniority: by generation, by name, by place in the genesis. */
  readonly since: readonly [number, DeltaId, number];
}

/** Everyone who ever was named by deltas that form a past: closed under parents. */
export function naiveRoster(past: Past): ReadonlyMap<AuthorId, Seat> {
  const everyone = new Set(
    Array.from(past.values()).flatMap((delta) => claims(delta).map(([author]) => author)),
  );
  return new Map(Array.from(everyone, (author) => [author, seatOf(author, past)]));
}

export function pastBelow(heads: readonly DeltaId[], all: Past): Past {
  const below = new Map<DeltaId, CausalDelta>();
  const open = [...heads];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const delta = all.get(id);
    if (delta === undefined || below.has(id)) continue;
    below.set(id, delta);
    open.push(...delta.parents);
  }
  return below;
}

function claims({ author, content }: CausalDelta): readonly (readonly [AuthorId, Role | null])[] {
  if (content.kind === "genesis")
    return [[author, "admin"], ...content.members.map(({ author, role }) => [author, role] as const)];
  if (content.kind !== "membership") return [];
  const { change } = content;
  switch (change.kind) {
    case "join":
      return [[author, change.invitation.role]];
    case "leave":
      return [[author, null]];
    case "remove":
      return [[change.member, null]];
    case "role":
      return [[change.member, change.role]];
    case "exclude":
      return [[change.member, "reader"]];
    case "return":
      return [[author, change.role]];
    case "rotate":
      return [];
  }
}

function seatOf(author: AuthorId, past: Past): Seat {
  const about = Array.from(past.values()).filter(
    (delta) => claims(delta).some(([named]) => named === author) && !isVoid(delta, past),
  );
  const latest = about.filter(
    ({ id }) => !about.some((other) => other.id !== id && isBelow(id, other, past)),
  );
  const [deciding] = latest.toSorted((a, b) => precedence(a, b, author, past));
  if (deciding === undefined) throw new Error("someone named by nothing");
  const place = claims(deciding).findIndex(([named]) => named === author);
  const role = claims(deciding)[place]?.[1] ?? null;
  const before = seatBefore(author, deciding, past);
  if (before !== undefined && before.role !== null) return { role, since: before.since };
  return {
    role,
    since: [generationOf(deciding, past), deciding.id, deciding.parents.length === 0 ? place : 0],
  };
}

function precedence(a: CausalDelta, b: CausalDelta, author: AuthorId, past: Past): number {
  const roleIn = (delta: CausalDelta) => claims(delta).find(([named]) => named === author)?.[1] ?? null;
  const rank = (delta: CausalDelta) => {
    const { content } = delta;
    const kind = content.kind === "membership" ? content.change.kind : "founding";
    return roleIn(delta) === null ? 0 : 2 + ["join", "return", "exclude"].indexOf(kind);
  };
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const byAuthor = rank(a) === 1 ? seniority(a, b, past) : 0;
  const byRole = roles.indexOf(roleIn(b) ?? "reader") - roles.indexOf(roleIn(a) ?? "reader");
  return byAuthor || byRole || (a.id < b.id ? -1 : 1);
}

function isVoid(delta: CausalDelta, past: Past): boolean {
  const { content, author } = delta;
  if (content.kind !== "membership" || !["role", "remove", "exclude"].includes(content.change.kind))
    return false;
  return Array.from(past.values()).some(
    (other) =>
      other.id !== delta.id &&
      other.content.kind === "membership" &&
      other.content.change.kind === "remove" &&
      other.content.change.member === author &&
      !isBelow(other.id, delta, past) &&
      !isBelow(delta.id, other, past) &&
      seniority(other, delta, past) < 0 &&
      !isVoid(other, past),
  );
}

/** Below 0: the first one's author is senior, each where it wrote. */
function seniority(a: CausalDelta, b: CausalDelta, past: Past): number {
  const [one, two] = [seatBefore(a.author, a, past), seatBefore(b.author, b, past)];
  if (one === undefined || two === undefined) return a.author < b.author ? -1 : 1;
  for (const index of [0, 1, 2] as const) {
    const [x, y] = [one.since[index], two.since[index]];
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.author === b.author ? 0 : a.author < b.author ? -1 : 1;
}

function seatBefore(author: AuthorId, { parents }: CausalDelta, past: Past): Seat | undefined {
  return naiveRoster(pastBelow(parents, past)).get(author);
}

function isBelow(id: DeltaId, { parents }: CausalDelta, past: Past): boolean {
  return pastBelow(parents, past).has(id);
}

function generationOf({ parents }: CausalDelta, past: Past): number {
  return parents.reduce((max, id) => {
    const parent = past.get(id);
    return parent === undefined ? max : Math.max(max, 1 + generationOf(parent, past));
  }, 0);
}
