/**
 * Random comings and goings in a context: roles given, members removed, strangers invited, some who knock. Admins race
 * each other for it.
 *
 * 1. One member at least neither goes nor leaves, so that somebody is there to converge.
 * 2. Who is invited and does not go is invited by the first admin, who then is not removed: the invitation stays good.
 */

import { roles } from "../../core/members/membership.ts";
import type { Stream } from "../random.ts";
import type { WorkloadEntry } from "../scenario/scenario.ts";
import type { DrawnContext } from "./draw-workload.ts";

/** What a context's members do to each other. */
export interface DrawnMembership {
  /** Each at a time of its own. */
  readonly calls: readonly WorkloadEntry[];
  /** Strangers that are invited; they come to make calls like everybody. */
  readonly invited: readonly string[];
  /** Those who may be removed or leave for good. */
  readonly going: readonly string[];
}

export interface MembershipSetting {
  readonly context: DrawnContext;
  readonly nodes: number;
  readonly activeMs: number;
  readonly draws: Stream;
}

const callsMax = 8;
const adminsMax = 2;
/** Two admins say something about one member at one moment. */
const racesMax = 3;
const strangersMax = 3;
/** In so many of the runs the first admin may be removed as well. */
const deposedShare = 0.3;
/** Of invitations, that are for nobody in particular. */
const tokenShare = 0.4;

export function drawMembership({ context, nodes, activeMs, draws }: MembershipSetting): DrawnMembership {
  const { id, members } = context;
  const [founder, ...others] = members;
  if (founder === undefined) return { calls: [], invited: [], going: [] };
  const [rock, ...shuffled] = draws.shuffle(others);
  const isDeposed = rock !== undefined && draws.chance(deposedShare);
  const mayGo = isDeposed ? [founder, ...shuffled] : others;
  const going = draws.shuffle(mayGo).slice(0, draws.between(0, Math.ceil(mayGo.length / 2)));
  const admins = [founder, ...draws.shuffle(others).slice(0, draws.between(0, adminsMax))];
  const strangers = Array.from({ length: nodes }, (_, index) => `n${index}`)
    .filter((node) => !members.includes(node))
    .slice(0, strangersMax);
  const invited = isDeposed ? [] : strangers.filter(() => draws.chance(0.7));
  const knocking = strangers.filter((node) => !invited.includes(node));
  const at = () => draws.between(0, activeMs - 1);
  const call = (node: string, method: string, args: WorkloadEntry["args"] = {}): WorkloadEntry => ({
    ...{ at: at(), node, context: id, method },
    ...(Object.keys(args).length > 0 ? { args } : {}),
  });
  const some = (): WorkloadEntry => {
    const target = draws.pick(going.length > 0 ? going : members);
    const isSparing = going.length === 0 || draws.chance(0.4);
    const role = draws.pick(roles);
    if (isSparing) {
      const named = others.length > 0 ? draws.pick(others) : founder;
      return call(draws.pick(admins), "give-role", {
        member: named,
        role: named === founder ? "admin" : role,
      });
    }
    if (draws.chance(0.25)) return call(target, "leave-context");
    if (draws.chance(0.25)) return call(target, draws.pick(["delete-context", "join-again"]));
    if (draws.chance(0.4)) {
      const late = draws.chance(0.5) ? { forMs: draws.pick([1, 50, 2_000]) } : {};
      return call(draws.pick(admins), "invite-member", { member: target, role, ...late });
    }
    return call(draws.pick(admins), "remove-member", { member: target });
  };
  const race = (): readonly WorkloadEntry[] => {
    const [one = founder, other = founder] = draws.shuffle(admins);
    const member = draws.pick(others);
    const mayRemove = going.includes(member);
    const atMs = at();
    const says = (node: string): WorkloadEntry =>
      mayRemove && draws.chance(0.3)
        ? { ...call(node, "remove-member", { member }), at: atMs }
        : { ...call(node, "give-role", { member, role: draws.pick(roles) }), at: atMs };
    return [says(one), says(other)];
  };
  const races = admins.length < 2 ? 0 : draws.between(0, racesMax);
  const calls = [
    ...admins.slice(1).map((member) => call(founder, "give-role", { member, role: "admin" })),
    ...going.map((member) => call(draws.pick(admins), "remove-member", { member })),
    ...invited.map((member) => call(founder, "invite-member", { member, role: draws.pick(roles) })),
    ...knocking.map((node) => call(node, "join-uninvited")),
    ...Array.from({ length: draws.between(0, callsMax) }, some),
    ...Array.from({ length: races }, race).flat(),
  ];
  const handed = calls.map((entry) =>
    entry.method === "invite-member" && draws.chance(tokenShare)
      ? { ...entry, args: { ...entry.args, anyone: true } }
      : entry,
  );
  return { calls: handed, invited, going };
}
