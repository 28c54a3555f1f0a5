// A peer that says just enough not to be silent does not hold a session or a transfer for ever.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { byteString, type ContextId, type DeltaId, type PeerId } from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { endOfRanges } from "../../../core/wire/ranges.ts";
import { encodeStateMessage, type StateMessage, stateKeyBytes } from "../../../core/wire/state-message.ts";
import { encodeSyncMessage, type SyncMessage } from "../../../core/wire/sync-message.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { hashOf } from "../authors.ts";
import { deltasMessage } from "../batches.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, only } from "../lone-node.ts";
import { forgetful, nodeOf, partedBy } from "./state/replicas.ts";

const eve = "eve" as PeerId;
const unknown = byteString<DeltaId>(hashOf("unknown"));
const count = Array.from({ length: 600 }, (_, index) => index);
const justNotSilentMs = 29_000;

interface Drip {
  readonly node: LoneNode;
  readonly stream: number;
  /** What brings it on, a little. */
  readonly next: (nth: number) => Uint8Array;
}

function writer(writes: number, value: (nth: number) => string): { node: LoneNode; contextId: ContextId } {
  const node = new LoneNode("node");
  const contextId = node.create();
  for (let nth = 0; nth < writes; nth += 1) node.execute(contextId, "set", { key: "k", value: value(nth) });
  node.give({ kind: "peer-connected", peer: eve });
  node.give({ kind: "stream-opened", stream: -1, peer: eve });
  return { node, contextId };
}

/** Eve opens a session and says where she stands. */
function greet(node: LoneNode, contextId: ContextId, heads: readonly DeltaId[]): void {
  const theirs = createHandshake(node.replica(contextId), turnOn(new SimDisk()));
  node.say(-1, { ...theirs, heads, headCount: heads.length, appliedCount: 1, wallMs: node.wallMs });
}

const always = (message: SyncMessage) => () => encodeSyncMessage(message);
const stateFrame = (message: StateMessage) => encodeStateMessage(message);

const drips: Readonly<Record<string, () => Drip>> = {
  "deltas that are here already": () => {
    const { node, contextId } = writer(600, (nth) => `${nth}`);
    greet(node, contextId, [contextId as string as DeltaId]);
    const [id = contextId as string as DeltaId] = node.replica(contextId).heads();
    const sealed = node.disk.get(`d${id}`) ?? new Uint8Array();
    return { node, stream: -1, next: always(deltasMessage([{ id, sealed }], contextId)) };
  },
  "credit for one message of deltas": () => {
    const { node, contextId } = writer(200, (nth) => `${nth % 10}`.repeat(20_000));
    greet(node, contextId, [contextId as string as DeltaId]);
    return { node, stream: -1, next: always({ kind: "credit", messages: 1 }) };
  },
  "a step of a reconciliation": () => {
    const { node, contextId } = writer(600, (nth) => `${nth}`);
    greet(node, contextId, [unknown]);
    const content = { kind: "fingerprint", fingerprint: "\0".repeat(8) } as const;
    return {
      node,
      stream: -1,
      next: always({ kind: "ranges", key: "", ranges: [{ until: endOfRanges, content }] }),
    };
  },
  "a question about the state that is served": () => {
    const { node, contextId } = writer(600, (nth) => `${nth}`);
    const request = { known: [], key: "k".repeat(stateKeyBytes), tellsHashes: true };
    const frame = stateFrame({ kind: "state-request", contextId, ...request });
    node.give({ kind: "stream-frame", stream: -1, frame });
    const query = { form: "children", prefix: "" } as const;
    return { node, stream: -1, next: () => stateFrame({ kind: "state-query", queries: [query] }) };
  },
  "a part of the state that is received": () => {
    const parted = partedBy({ common: count, own: [count, []], isSorted: false });
    const [server, node] = [
      nodeOf("server", parted, parted.deltas[0], { ...forgetful, snapshotPageBytes: 1_000 }),
      nodeOf("node", parted, parted.deltas[1], forgetful),
    ];
    const { contextId } = parted.scribe;
    node.give({ kind: "peer-connected", peer: eve });
    node.give({ kind: "stream-opened", stream: -1, peer: eve });
    const standing = { appliedCount: 100_000, horizon: 99_999, entityCount: 200 };
    const theirs = createHandshake(server.replica(contextId), turnOn(new SimDisk()));
    node.say(-1, { ...theirs, ...standing, heads: [unknown], headCount: 1, wallMs: node.wallMs });
    const effects = node.say(-1, { kind: "done" });
    const stream = only(effects, "open-stream")[0]?.stream ?? 0;
    // What an honest server answers, in time, is held back and told one by one.
    server.give({ kind: "stream-opened", stream: -1, peer: "node" as PeerId });
    const answers: Uint8Array[] = [];
    const ask = (frames: readonly { readonly stream: number; readonly frame: Uint8Array }[]) => {
      for (const { frame } of frames.filter((each) => each.stream === stream))
        answers.push(
          ...only(server.give({ kind: "stream-frame", stream: -1, frame }), "send").map((said) => said.frame),
        );
    };
    ask(only(effects, "send"));
    const give = node.give.bind(node);
    node.give = (input) => {
      const said = give(input);
      ask(only(said, "send"));
      return said;
    };
    return { node, stream, next: () => answers.shift() ?? new Uint8Array() };
  },
};

for (const [what, begin] of Object.entries(drips)) {
  test(`${what}, every ${justNotSilentMs / 1_000} s: over within minutes`, () => {
    const { node, stream, next } = begin();
    const isOpen = () => node.core.sync.states.has(stream) || node.core.capture().sync.sessions.has(stream);
    assert.ok(isOpen(), "nothing began");
    const startMs = node.monotonicMs;
    let told = 0;
    while (isOpen() && told < 100) {
      node.pass(justNotSilentMs);
      if (!isOpen()) break;
      told += 1;
      const effects = node.give({ kind: "stream-frame", stream, frame: next(told) });
      assert.equal(only(effects, "fault"), []);
    }
    const tookMs = node.monotonicMs - startMs;
    assert.ok(told >= 1, "it was not heard once");
    assert.ok(tookMs < 300_000, `${told} messages held it for ${tookMs} ms`);
  });
}

test.run();
