/** False versions of what a node says of itself: heartbeats, handshakes, states. */

import {
  type AuthorId,
  byteString,
  bytesOf,
  type DeltaId,
  type FrontierName,
  type Hash,
} from "../../core/ids.ts";
import { modulus } from "../../core/sync/state/short-hash.ts";
import { type Heartbeat, sealHeartbeat } from "../../core/wire/gossip-codec.ts";
import type { PackedHead } from "../../core/wire/history-page.ts";
import type { StateMessage, StateOffer } from "../../core/wire/state-message.ts";
import { noDigest, type StateAnswer } from "../../core/wire/state-query.ts";
import { type Handshake, syncProtocols } from "../../core/wire/sync-message.ts";
import type { Craft } from "./craft.ts";

type Edit<Said> = (said: Said, craft: Craft) => Partial<Said>;

function edited<Said extends object>(said: Said, edits: readonly Edit<Said>[], craft: Craft): Said {
  const edit = craft.pick(edits);
  return edit === undefined ? said : { ...said, ...edit(said, craft) };
}

const standings: readonly Edit<Pick<Handshake, "heads" | "headCount" | "headsDigest" | "stateRoot">>[] = [
  (_, craft) => ({ heads: [craft.id<DeltaId>()], headCount: 1 }),
  ({ heads }, craft) => ({ heads: [...heads, craft.id<DeltaId>()], headCount: heads.length + 1 }),
  () => ({ heads: [], headCount: 0 }),
  () => ({ headCount: Number.MAX_SAFE_INTEGER }),
  (_, craft) => ({ headsDigest: craft.id() }),
  (_, craft) => ({ stateRoot: craft.id<Hash>() }),
];

/** Signed, and of a node that stands elsewhere. */
export function falseHeartbeat(said: Heartbeat, craft: Craft): Uint8Array {
  const { heads, headCount, headsDigest, stateRoot, counter } = said;
  const standing = edited({ heads, headCount, headsDigest, stateRoot }, standings, craft);
  return sealHeartbeat({ ...said, ...standing, counter: counter + craft.below(1_000) }, craft.identity);
}

const handshakes: readonly Edit<Handshake>[] = [
  ...standings,
  (_, craft) => ({ appliedCount: craft.below(2) * Number.MAX_SAFE_INTEGER }),
  (_, craft) => ({ entityCount: craft.below(2) * Number.MAX_SAFE_INTEGER }),
  (_, craft) => ({ frontiers: [craft.id<FrontierName>(16), craft.id<FrontierName>(16)] }),
  (_, craft) => ({ recent: Array.from({ length: 24 }, () => craft.id(8)) }),
  (_, craft) => ({ protocols: craft.below(2) === 0 ? [] : ["delta-cold"] }),
  ({ chosen }, craft) => ({ chosen: chosen === null ? null : (craft.pick(syncProtocols) ?? chosen) }),
  () => ({ wallMs: 0 }),
];

export function falseHandshake(said: Handshake, craft: Craft): Handshake {
  return edited(said, handshakes, craft);
}

const offers: readonly Edit<StateOffer>[] = [
  (_, craft) => ({ root: craft.id<Hash>() }),
  ({ heads }, craft) => ({ heads: [...heads, craft.id<DeltaId>()] }),
  ({ heads }) => ({ heads: heads.slice(1) }),
  ({ historyCount }, craft) => ({ historyCount: historyCount + 1 + craft.below(3) }),
  () => ({ historyCount: 0 }),
  ({ children }, craft) => ({ children: children.map((child) => ({ ...child, hash: craft.id<Hash>() })) }),
  ({ children }) => ({ children: children.slice(1) }),
  ({ nodes }, craft) => ({
    nodes: nodes.map((node) => ({ ...node, digests: falseDigests(node.digests, craft) })),
  }),
  ({ nodes }) => ({ nodes: nodes.slice(1) }),
  () => ({ entityCount: 0 }),
];

/** Null where there is nothing to falsify. */
export function falseState(said: StateMessage, craft: Craft): StateMessage | null {
  switch (said.kind) {
    case "state-offer":
      return edited(said, offers, craft);
    case "history": {
      const at = craft.below(said.heads.length + 1);
      const heads = said.heads.flatMap((head, index) => (index === at ? falseHead(head, craft) : [head]));
      return { ...said, heads };
    }
    case "state-answer":
      return { ...said, answers: said.answers.map((answer) => falseAnswer(answer, craft)) };
    default:
      return null;
  }
}

/** Left out, or of another time, author or content: of another id, then. */
const falseHeads: readonly ((head: PackedHead, craft: Craft) => readonly PackedHead[])[] = [
  () => [],
  (head, craft) => [{ ...head, hlc: { ...head.hlc, ms: head.hlc.ms + 1 + craft.below(100) } }],
  (head, craft) => [{ ...head, hlc: { ...head.hlc, ms: Math.max(0, head.hlc.ms - 1 - craft.below(100)) } }],
  (head, craft) => [{ ...head, author: craft.id<AuthorId>() }],
  (head, craft) => [{ ...head, bodyDigest: craft.id<Hash>() }],
];

function falseHead(head: PackedHead, craft: Craft): readonly PackedHead[] {
  return craft.pick(falseHeads)?.(head, craft) ?? [];
}

function falseAnswer(answer: StateAnswer, craft: Craft): StateAnswer {
  const isOdd = craft.below(2) === 0;
  switch (answer.kind) {
    case "children": {
      const others = answer.others.map((child) => ({ ...child, hash: craft.id<Hash>() }));
      return { ...answer, others: isOdd ? others.slice(1) : others };
    }
    case "leaves": {
      const { entities } = answer;
      return {
        ...answer,
        entities: isOdd ? entities.slice(1) : entities.map((bytes) => damaged(bytes, craft)),
      };
    }
    case "digests":
      return { ...answer, digests: falseDigests(answer.digests, craft) };
    case "sums":
      return {
        ...answer,
        sums: isOdd ? answer.sums.map(() => 0) : answer.sums.map(() => craft.below(modulus)),
      };
  }
}

/** One of them is another, or none is of anything. */
function falseDigests(digests: string, craft: Craft): string {
  if (craft.below(4) === 0) return noDigest.repeat(digests.length / noDigest.length);
  return byteString(damaged(bytesOf(digests), craft));
}

/** With one byte changed. */
export function damaged(bytes: Uint8Array, craft: Craft): Uint8Array {
  const text = Array.from(byteString(bytes));
  const at = craft.below(Math.max(1, text.length));
  text[at] = String.fromCharCode((text[at]?.charCodeAt(0) ?? 0) ^ (1 + craft.below(255)));
  return bytesOf(text.join(""));
}
