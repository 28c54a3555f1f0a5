// A server that tells of ever more, each answer true to the hash before it, is found out all the same.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { byteString, type DeltaId, type Hash, type PeerId } from "../../../../core/ids.ts";
import { openEntity } from "../../../../core/state/entity.ts";
import { branchHash, digitOf } from "../../../../core/state/tree/tree-node.ts";
import { createHandshake } from "../../../../core/sync/handshake.ts";
import { areOfBranch } from "../../../../core/sync/state/leaves.ts";
import {
  decodeStateMessage,
  encodeStateMessage,
  type StateMessage,
} from "../../../../core/wire/state-message.ts";
import type { StateAnswer, StateChild } from "../../../../core/wire/state-query.ts";
import { decodeSyncMessage, encodeSyncMessage, syncProtocols } from "../../../../core/wire/sync-message.ts";
import { SimDisk } from "../../../../sim/world/disk.ts";
import { hashOf as digest, trustingCrypto } from "../../authors.ts";
import { turnOn } from "../../delta-store/waiting.ts";
import { observed, only } from "../../lone-node.ts";
import { Link } from "../link.ts";
import { forgetful, nodeOf, partedBy, talk } from "./replicas.ts";

const eve = "eve" as PeerId;
const digits = Array.from({ length: 16 }, (_, digit) => digit);

/** Of a tree so deep in which all nodes of a depth are one: the children of the root first. */
function childrenByDepth(levels: number): { readonly root: Hash; readonly children: StateChild[][] } {
  let hash = byteString<Hash>(digest("the bottom"));
  const children: StateChild[][] = [];
  for (let level = 0; level < levels; level += 1) {
    const below = hash;
    children.unshift(digits.map((digit) => ({ rest: digitOf(digit), hash: below, count: 1_000 })));
    hash = branchHash(
      digits.map((digit) => [digit, below] as const),
      trustingCrypto,
    );
  }
  return { root: hash, children };
}

test("a tree in which one branch stands in all places: found, and blamed", () => {
  const { scribe, deltas } = partedBy({ common: [1, 2, 3], own: [[], []], isSorted: false });
  const node = nodeOf("node", { scribe }, deltas[0]);
  const replica = node.replica(scribe.contextId);
  const head = byteString<DeltaId>(digest("a head"));
  const standing = { heads: [head], headCount: 1, appliedCount: 1_000, horizon: 999, entityCount: 200 };
  node.give({ kind: "peer-connected", peer: eve });
  node.give({ kind: "stream-opened", stream: -1, peer: eve });
  node.say(-1, { ...createHandshake(replica, turnOn(new SimDisk())), ...standing, wallMs: node.wallMs });
  const [opened] = only(node.say(-1, { kind: "done" }), "open-stream");
  const stream = opened?.stream ?? 0;
  const { root, children } = childrenByDepth(1_000);
  const [nodes, entityCount, historyCount] = [[], 200, 0];
  const [genesis, heads] = [scribe.genesis.sealed, replica.heads()];
  const offer = { genesis, heads, root, children: children[0] ?? [], nodes, entityCount, historyCount };
  const next: StateMessage[] = [{ kind: "state-offer", ...offer }];
  const blamed: string[] = [];
  let answered = 0;
  for (let message = next.shift(); message !== undefined && answered < 50_000; message = next.shift()) {
    const effects = node.give({ kind: "stream-frame", stream, frame: encodeStateMessage(message) });
    blamed.push(...only(effects, "fault").map(({ peer, fault }) => `${peer} ${fault.code}`));
    for (const { frame } of only(effects, "send")) {
      const query = decodeStateMessage(frame);
      if (query.kind !== "state-query") continue;
      const answers = query.queries
        .slice(0, 100)
        .map(({ prefix }): StateAnswer => ({ kind: "children", others: children[prefix.length] ?? [] }));
      answered += answers.length;
      next.push({ kind: "state-answer", answers });
    }
  }
  assert.equal(blamed, ["eve over-limit"]);
  assert.ok(answered < 10_000, `${answered} answers`);
});

test("what is named, to be asked for later, counts as staged while it waits", () => {
  const numbers = Array.from({ length: 2_000 }, (_, index) => index);
  const parted = partedBy({ common: numbers, own: [numbers, []], isSorted: false });
  const config = { ...forgetful, syncProtocolForced: syncProtocols.indexOf("hash-comparison") };
  const link = new Link([
    nodeOf("a", parted, parted.deltas[0], { ...config, snapshotPageBytes: 4_096 }),
    nodeOf("b", parted, parted.deltas[1], config),
  ]);
  let most = 0;
  link.tamper = (side, frame) => {
    for (const { transfer } of side === 1
      ? []
      : link.nodes[1].core.capture().sync.states.receiving.values()) {
      const { trials, bytes } = transfer?.descent.narrowing ?? { trials: new Map(), bytes: 0 };
      const later = Array.from(trials.values()).reduce((sum, trial) => sum + trial.later.length, 0);
      most = Math.max(most, later);
      assert.ok(bytes >= later * 256, `${later} for later counted as ${bytes} bytes`);
      if (trials.size === 0) assert.is(bytes, 0);
    }
    const message = decodeStateMessage(frame);
    if (side === 1 || message.kind !== "state-answer") return frame;
    const answers = message.answers.map((answer) => {
      if (answer.kind !== "leaves") return answer;
      const named = answer.entities.map((bytes) => openEntity(bytes, trustingCrypto));
      return { ...answer, entities: [], named };
    });
    return encodeStateMessage({ ...message, answers });
  };
  talk(link, parted, 300);
  assert.ok(most > 0, "nothing was named");
});

test("who says again and again that its state is needed, which brings nothing, is asked ever more rarely", () => {
  const parted = partedBy({ common: [1, 2, 3], own: [[5], []], isSorted: false });
  const link = new Link([nodeOf("a", parted, parted.deltas[0]), nodeOf("b", parted, parted.deltas[1])]);
  link.tamper = (side, frame) => {
    const message = decodeSyncMessage(frame);
    if (side === 1 || message.kind !== "handshake") return frame;
    const chosen = message.chosen === null ? null : "snapshot";
    return encodeSyncMessage({ ...message, appliedCount: 1_000, horizon: 999, chosen });
  };
  link.meet(parted.scribe.contextId);
  for (let passed = 0; passed < 60_000; passed += 20) {
    for (const side of [0, 1] as const) link.did(side, link.nodes[side].pass(20));
    const hop = link.travelling.map(({ length }) => length);
    for (const side of [0, 1] as const)
      for (let each = 0; each < (hop[side] ?? 0); each += 1) link.arrive(side);
  }
  const asked = observed(link.effects[1], "sync-state-started");
  assert.ok(asked > 2 && asked < 20, `${asked} times in a minute`);
});

test("who has something new for each transfer, and nothing else, is asked ever more rarely too", () => {
  const parted = partedBy({ common: [1, 2, 3], own: [[5], []], isSorted: false });
  const link = new Link([nodeOf("a", parted, parted.deltas[0]), nodeOf("b", parted, parted.deltas[1])]);
  const { contextId } = parted.scribe;
  link.tamper = (side, frame) => {
    const message = decodeSyncMessage(frame);
    if (side === 1 || message.kind !== "handshake") return frame;
    const chosen = message.chosen === null ? null : "snapshot";
    return encodeSyncMessage({ ...message, appliedCount: 1_000, horizon: 999, chosen });
  };
  link.meet(contextId);
  for (let passed = 0; passed < 60_000; passed += 20) {
    if (passed % 100 === 0) link.nodes[0].execute(contextId, "set", { key: "k", value: passed });
    for (const side of [0, 1] as const) link.did(side, link.nodes[side].pass(20));
    const hop = link.travelling.map(({ length }) => length);
    for (const side of [0, 1] as const)
      for (let each = 0; each < (hop[side] ?? 0); each += 1) link.arrive(side);
  }
  const taken = observed(link.effects[1], "sync-snapshot");
  assert.ok(taken > 2 && taken < 12, `${taken} states in a minute`);
  assert.ok(observed(link.effects[1], "state-adopted") > 2, "they brought nothing");
});

/** A session with eve, who says what her tree is and tells the same of each place in it; the faults. */
function blamedFor(root: Hash, children: readonly StateChild[]): readonly string[] {
  const { scribe, deltas } = partedBy({ common: [1, 2, 3], own: [[], []], isSorted: false });
  const config = { syncProtocolForced: syncProtocols.indexOf("snapshot") };
  const node = nodeOf("node", { scribe }, deltas[0], config);
  const replica = node.replica(scribe.contextId);
  const head = byteString<DeltaId>(digest("a head"));
  const standing = { heads: [head], headCount: 1, appliedCount: 1_000, horizon: 999, entityCount: 200 };
  node.give({ kind: "peer-connected", peer: eve });
  node.give({ kind: "stream-opened", stream: -1, peer: eve });
  node.say(-1, { ...createHandshake(replica, turnOn(new SimDisk())), ...standing, wallMs: node.wallMs });
  const [opened] = only(node.say(-1, { kind: "done" }), "open-stream");
  const [genesis, heads] = [scribe.genesis.sealed, replica.heads()];
  const about = { genesis, heads, root, children, nodes: [], entityCount: 200, historyCount: 0 };
  const frame = encodeStateMessage({ kind: "state-offer", ...about });
  const effects = node.give({ kind: "stream-frame", stream: opened?.stream ?? 0, frame });
  return only(effects, "fault").map(({ peer, fault }) => `${peer} ${fault.code}`);
}

test("a branch of one child, which would never branch, is found at once, and blamed", () => {
  const child = { rest: "a", hash: byteString<Hash>(digest("below")), count: 1_000 };
  const twin = { ...child, rest: "b" };
  const rootOf = (children: readonly StateChild[]) =>
    branchHash(
      children.map(({ rest, hash }) => [Number.parseInt(rest.at(-1) ?? "", 16), hash] as const),
      trustingCrypto,
    );
  assert.equal(blamedFor(rootOf([child]), [child]), ["eve false-state"]);
  assert.equal(blamedFor(rootOf([child, twin]), [child, twin]), [], "two children are a branch");
  assert.not(areOfBranch([child], ""));
  assert.ok(areOfBranch([child, twin], ""));
});

test("children deeper than any id is long are found at once, and blamed", () => {
  const below = byteString<Hash>(digest("below"));
  const childrenAt = (depth: number) =>
    ["a", "b"].map((digit) => ({ rest: "0".repeat(depth - 1) + digit, hash: below, count: 1_000 }));
  const root = branchHash(
    [10, 11].map((digit) => [digit, below] as const),
    trustingCrypto,
  );
  assert.equal(blamedFor(root, childrenAt(1_096)), []);
  assert.equal(blamedFor(root, childrenAt(1_097)), ["eve false-state"]);
  // From one level to the next, too, where each word is short enough.
  assert.not(areOfBranch(childrenAt(600), "0".repeat(600)));
  assert.ok(areOfBranch(childrenAt(600), "0".repeat(400)));
});

test.run();
