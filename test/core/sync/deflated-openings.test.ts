// Nothing deflated is taken while it is not known who speaks, nor what may not be deflated after that.

import { deflateSync } from "fflate";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextId, PeerId } from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, only } from "../lone-node.ts";

const bob = "bob" as PeerId;
const long = Uint8Array.from({ length: 2_000 }, (_, index) => (index * index) % 251);

function deflated(fields: readonly unknown[]): Uint8Array {
  const frame = encode(fields);
  return encode([28, frame.length, deflateSync(frame)]);
}

/** Opens a stream of bob's, or has the node open one to him; its number. */
const states = {
  opening: (node: LoneNode) => {
    node.give({ kind: "stream-opened", stream: -1, peer: bob });
    return -1;
  },
  handshaking: (node: LoneNode, contextId: ContextId) => {
    node.meet(bob, contextId);
    return only(node.pass(500), "open-stream").at(-1)?.stream ?? 0;
  },
  transferring: (node: LoneNode, contextId: ContextId) => {
    const stream = states.opening(node);
    const handshake = createHandshake(node.replica(contextId), turnOn(new SimDisk()), { chosen: "none" });
    node.say(stream, { ...handshake, wallMs: node.wallMs });
    return stream;
  },
} as const;

const [unknown, kind] = [/deflated where nothing may be/, /a kind that may not be deflated/];
const cases = [
  ["opening", "handshake", [0, 1, long], unknown],
  ["opening", "batch of deltas", [2, [], [], long], unknown],
  ["opening", "state request", [20, 1, long], unknown],
  ["handshaking", "handshake", [0, 1, long], unknown],
  ["transferring", "done", [4, long], kind],
  ["transferring", "credit", [3, 1, long], kind],
] as const;

for (const [state, what, fields, expected] of cases) {
  test(`a deflated ${what} while ${state} is blamed, and ends the session`, () => {
    const node = new LoneNode("node");
    const contextId = node.create();
    node.give({ kind: "peer-connected", peer: bob });
    const stream = states[state](node, contextId);
    const effects = node.give({ kind: "stream-frame", stream, frame: deflated(fields) });
    assert.match(only(effects, "fault")[0]?.fault.detail ?? "", expected);
    assert.ok(only(effects, "close-stream").some((closed) => closed.stream === stream));
  });
}

test.run();
