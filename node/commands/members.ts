/** Commands that ask a running node who is a member of a context, and change it. */

import type { JsonObject } from "../../core/json.ts";
import { invitationMaxMs } from "../../core/members/governance.ts";
import { Failure } from "../failure.ts";
import { asking } from "./client.ts";
import type { ClientOptions, InviteOptions } from "./index.ts";
import { table } from "./output.ts";

export async function invite(id: string, options: InviteOptions): Promise<void> {
  await asking(options, async (api) => {
    const { role, hours } = options;
    const invitee = options.for === undefined ? {} : { invitee: options.for };
    const body = { role, ...invitee, ...(hours === undefined ? {} : { validHours: hoursOf(hours) }) };
    const { data } = await api.post(`${placeOf(id)}/invite`, body);
    return { value: data, text: String((data as JsonObject).invitation) };
  });
}

function hoursOf(text: string): number {
  const hours = Number(text);
  if (hours > 0 && hours <= invitationMaxMs / hourMs) return hours;
  const expected = `a number of hours above 0 and up to ${invitationMaxMs / hourMs}`;
  throw new Failure("refused", "bad-arguments", `--hours is "${text}": expected ${expected}`);
}
const hourMs = 3_600_000;

export async function listMembers(id: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.get(`${placeOf(id)}/members`);
    const { members, others, ownRole } = data as JsonObject;
    const named = (members as readonly JsonObject[]).map(
      ({ publicKey, role }) => [String(publicKey), String(role)] as const,
    );
    const rows = [
      ...named,
      ["everyone else", String(others ?? "nothing")],
      ["this node", String(ownRole ?? "no member")],
    ];
    return { value: data, text: table(rows as (readonly [string, string])[]) };
  });
}

export async function giveRole(
  id: string,
  about: { key: string; role: string },
  options: ClientOptions,
): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.send("PUT", memberPlace(id, about.key), { role: about.role });
    return { value: data, text: `${about.key} is ${about.role}` };
  });
}

export async function removeMember(id: string, key: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.send("DELETE", memberPlace(id, key), {});
    return { value: data, text: `${key} is a member no more` };
  });
}

export async function resign(id: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.post(`${placeOf(id)}/resign`, {});
    return { value: data, text: `this node is no member of ${id} any more` };
  });
}

function placeOf(id: string): string {
  return `/admin-api/contexts/${encodeURIComponent(id)}`;
}

function memberPlace(id: string, key: string): string {
  return `${placeOf(id)}/members/${encodeURIComponent(key)}`;
}
