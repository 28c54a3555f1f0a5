// The bounds of a delta and of a heartbeat, what is refused beyond them, and with which fault.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeltaDraft } from "../../../core/dag/delta.ts";
import type { ApplicationEvent } from "../../../core/effect.ts";
import type { FaultCode } from "../../../core/fault.ts";
import { byteString, bytesOf, type ContextId, type DeltaId, type Incarnation } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import {
  actionsMax,
  deltaBytesMax,
  eventsMax,
  gossipBytesMax,
  headsMax,
  hlcCounterMax,
  hlcMsMax,
  keyCharactersMax,
  nameCharactersMax,
  parentsMax,
  valueBytesMax,
  writersMax,
} from "../../../core/limits.ts";
import type { Action } from "../../../core/state/action.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { openDelta, sealDelta } from "../../../core/wire/delta-codec.ts";
import { type HeartbeatDraft, openHeartbeat, sealHeartbeat } from "../../../core/wire/gossip-codec.ts";
import {
  hashOf,
  identityOf,
  incarnation,
  openGenesis,
  operations,
  put,
  remove,
  trustingCrypto,
} from "../authors.ts";

const ann = identityOf("ann");

function id<Id extends string = DeltaId>(name: string | number): Id {
  return byteString<Id>(hashOf(String(name)));
}

const draft: DeltaDraft = {
  contextId: id<ContextId>("context"),
  parents: [id("parent")],
  author: ann.author,
  incarnation,
  hlc: { ms: 5, counter: 1 },
  content: operations(put("k", 1)),
  events: [],
};

function event(kind: string, content: Json, handler: string | null = null): ApplicationEvent {
  return { kind, content, handler };
}

/** What becomes of a draft: "delta", or the code of the fault. */
function fate(change: Partial<DeltaDraft>): FaultCode | "delta" {
  return fateOf(sealDelta({ ...draft, ...change }, ann, trustingCrypto));
}

function fateOf(sealed: Uint8Array): FaultCode | "delta" {
  const delta = openDelta(sealed, trustingCrypto);
  return delta.kind === "fault" ? delta.code : "delta";
}

/** The fate of an encoding whose fields are changed by hand; the signature is not looked at. */
function fateOfFields(change: (fields: unknown[]) => void): FaultCode | "delta" {
  const sealed = decodeCanonical(sealDelta(draft, ann, trustingCrypto), gossipBytesMax) as unknown[];
  const fields = decodeCanonical(sealed[1] as Uint8Array, deltaBytesMax) as unknown[];
  change(fields);
  return fateOf(encode([0, encode(fields), new Uint8Array(64)]));
}

function parents(count: number): readonly DeltaId[] {
  return Array.from({ length: count }, (_, index) => id(index)).sort();
}

function text(length: number): string {
  return "x".repeat(length);
}

test("every field of a delta changes its id", () => {
  const genesis = {
    contextId: "" as const,
    parents: [],
    content: { ...openGenesis, application: "a" } as const,
  };
  const changes: Readonly<Record<keyof DeltaDraft, readonly Partial<DeltaDraft>[]>> = {
    contextId: [{ contextId: id<ContextId>("other") }],
    parents: [{ parents: [id("other")] }, { parents: parents(2) }],
    author: [{ author: identityOf("bob").author }],
    incarnation: [{ incarnation: byteString<Incarnation>(new Uint8Array(8)) }],
    hlc: [{ hlc: { ms: 6, counter: 1 } }, { hlc: { ms: 5, counter: 2 } }],
    content: [
      { content: operations(put("k", 2)) },
      { content: operations(put("l", 1)) },
      { content: operations(put("k", 1), put("k", 1)) },
      { content: operations(remove("k")) },
      { content: { kind: "handler", actions: [put("k", 1)] } },
      { content: { kind: "merge" } },
      { content: { kind: "membership", change: { kind: "leave" } } },
      { content: { kind: "needs-upgrade", code: 6 } },
      genesis,
      { ...genesis, content: { ...genesis.content, application: "b" } },
      { ...genesis, content: { ...genesis.content, nonce: byteString(new Uint8Array(16)) } },
    ],
    events: [
      { events: [event("e", 1)] },
      { events: [event("e", 2)] },
      { events: [event("e", 1, "h")] },
      { events: [event("e", 1, "i")] },
    ],
  };
  const all = [{}, ...Object.values(changes).flat()];
  const found = all.map((change) => {
    const delta = openDelta(sealDelta({ ...draft, ...change }, ann, trustingCrypto), trustingCrypto);
    if (delta.kind === "fault") throw new Error(delta.detail);
    return delta.id;
  });
  assert.is(new Set(found).size, all.length);
});

test("what a delta may hold ends at its bounds", () => {
  const events = (count: number) => ({
    events: Array.from({ length: count }, () => event("e", 1)),
  });
  const value = (characters: number) => ({ content: operations(put("k", text(characters))) });
  const encodedValue = (characters: number) => encode(text(characters)).length;
  // A slash takes three characters in the name of what is nested under a key.
  const mark = (slashes: number): Action => ({
    type: "container",
    collection: `m/${"%2F".repeat(slashes - 342)}`,
    key: "/".repeat(341),
    change: { kind: "mark" },
  });
  const table: readonly (readonly [string, Partial<DeltaDraft>, Partial<DeltaDraft>, FaultCode])[] = [
    ["parents", { parents: parents(parentsMax) }, { parents: parents(parentsMax + 1) }, "over-limit"],
    ["events", events(eventsMax), events(eventsMax + 1), "over-limit"],
    [
      "key",
      { content: operations(put(text(keyCharactersMax), 1)) },
      { content: operations(put(text(keyCharactersMax + 1), 1)) },
      "over-limit",
    ],
    [
      "what is nested under a key",
      { content: operations(mark(1_365)) },
      { content: operations(mark(1_366)) },
      "over-limit",
    ],
    ["value", value(valueBytesMax - 5), value(valueBytesMax - 4), "too-large"],
    ["clock", { hlc: { ms: hlcMsMax, counter: 0 } }, { hlc: { ms: hlcMsMax + 1, counter: 0 } }, "malformed"],
    [
      "counter",
      { hlc: { ms: 1, counter: hlcCounterMax } },
      { hlc: { ms: 1, counter: hlcCounterMax + 1 } },
      "malformed",
    ],
    [
      "event name",
      { events: [event(text(nameCharactersMax), 1)] },
      { events: [event(text(nameCharactersMax + 1), 1)] },
      "over-limit",
    ],
    [
      "handler name",
      { events: [event("e", 1, text(nameCharactersMax))] },
      { events: [event("e", 1, text(nameCharactersMax + 1))] },
      "over-limit",
    ],
  ];
  assert.is(encodedValue(valueBytesMax - 5), valueBytesMax);
  for (const [name, allowed, refused, code] of table) {
    assert.is(fate(allowed), "delta", name);
    assert.is(fate(refused), code, name);
  }
});

test("only operations name handlers, so that what a handler wrote can start no other", () => {
  const named = { events: [event("e", 1, "h")] };
  assert.is(fate(named), "delta");
  assert.is(fate({ ...named, content: { kind: "handler", actions: [] } }), "malformed");
  assert.is(fate({ ...named, content: { kind: "merge" } }), "malformed");
  const genesis = {
    contextId: "",
    parents: [],
    content: { ...openGenesis, application: "a" },
  } as const;
  assert.is(fate({ ...named, ...genesis }), "malformed");
  assert.is(fate({ ...named, content: { kind: "needs-upgrade", code: 99 } }), "delta");
});

test("an event without a handler has one encoding: that of two fields", () => {
  const sealed = sealDelta({ ...draft, events: [event("e", 1)] }, ann, trustingCrypto);
  const [, encoding] = decodeCanonical(sealed, gossipBytesMax) as [number, Uint8Array];
  const fields = decodeCanonical(encoding, deltaBytesMax) as unknown[];
  assert.equal(fields[9], [["e", 1]]);
  const padded = encode([...fields.slice(0, 9), [["e", 1, null]]]);
  assert.is(fateOf(encode([0, padded, new Uint8Array(64)])), "malformed");
});

test("a delta ends at a mebibyte, events included", () => {
  const filled = (bytes: number) => ({ events: [event("e", text(bytes))] });
  const rest =
    encode([
      1,
      new Uint8Array(32),
      1,
      [new Uint8Array(32)],
      new Uint8Array(32),
      new Uint8Array(8),
      5,
      1,
      encode([[0, "entries", "k", 1]]),
      [["e", ""]],
    ]).length + 4;
  assert.is(fate(filled(deltaBytesMax - rest)), "delta");
  assert.is(fate(filled(deltaBytesMax - rest + 1)), "too-large");
});

test("the number of a delta's actions is bounded", () => {
  const actions = (count: number) => encode(Array.from({ length: count }, () => [0, "", ""]));
  assert.is(
    fateOfFields((fields) => {
      fields[8] = actions(actionsMax);
    }),
    "delta",
  );
  assert.is(
    fateOfFields((fields) => {
      fields[8] = actions(actionsMax + 1);
    }),
    "over-limit",
  );
});

test("a rotation names from one to so many keys, sorted and unique, and nothing else", () => {
  const key = (first: number, length = 32) => new Uint8Array(length).fill(first);
  const keys = (count: number) => Array.from({ length: count }, (_, index) => key(index));
  const fateOfChange = (...change: readonly unknown[]) =>
    fateOfFields((fields) => {
      fields[8] = encode([[7, "c", "", ...change]]);
    });
  assert.is(fateOfChange(2, keys(1)), "delta");
  assert.is(fateOfChange(2, keys(writersMax)), "delta");
  assert.is(fateOfChange(2, keys(writersMax + 1)), "over-limit");
  assert.is(fateOfChange(2, keys(2).reverse()), "non-canonical");
  assert.is(fateOfChange(2, [key(1), key(1)]), "non-canonical");
  const malformed: readonly (readonly unknown[])[] = [
    [2, []],
    [2, [key(1, 31)]],
    [2, ["text"]],
    [2, key(1)],
    [2],
    [2, keys(1), 0],
    [3, keys(1)],
    [1, 0],
    [0],
    [0, key(1)],
    [],
  ];
  for (const change of malformed) assert.is(fateOfChange(...change), "malformed", JSON.stringify(change));
  assert.is(fateOfChange(1), "delta");
  assert.is(fateOfChange(0, null), "delta");
});

test("only a genesis is without parents, and a genesis has none", () => {
  const content = { ...openGenesis, application: "kv-store" } as const;
  assert.is(fate({ parents: [], contextId: "", content }), "delta");
  assert.is(fate({ parents: [] }), "no-parents");
  assert.is(fate({ parents: [], content: { kind: "merge" } }), "no-parents");
  assert.is(fate({ contextId: "", content }), "no-parents");
});

test("a genesis names no context, and anything else names one", () => {
  const content = { ...openGenesis, application: "kv-store" } as const;
  assert.is(fate({ parents: [], content }), "malformed");
  assert.is(fate({ contextId: "" }), "malformed");
});

test("parents are sorted and unique", () => {
  const [a = id(0), b = id(1)] = parents(2);
  assert.is(fate({ parents: [a, b] }), "delta");
  assert.is(fate({ parents: [b, a] }), "non-canonical");
  assert.is(fate({ parents: [a, a] }), "non-canonical");
});

test("another encoding of the same content is refused", () => {
  const sealed = sealDelta({ ...draft, content: operations(put("k", 1.5)) }, ann, trustingCrypto);
  assert.is(fateOf(sealed), "delta");
  const inner = (decodeCanonical(sealed, gossipBytesMax) as unknown[])[1] as Uint8Array;
  const fields = decodeCanonical(inner, deltaBytesMax) as unknown[];
  const payload = Array.from(fields[8] as Uint8Array);
  // 1.5 in three bytes, and the same in five.
  payload.splice(payload.lastIndexOf(0xf9), 3, 0xfa, 0x3f, 0xc0, 0x00, 0x00);
  fields[8] = Uint8Array.from(payload);
  assert.is(fateOf(encode([0, encode(fields), new Uint8Array(64)])), "non-canonical");
});

test("map keys out of order and lengths in more bytes than they need are refused", () => {
  const withPayload = (payload: readonly number[]) =>
    fateOfFields((fields) => {
      fields[8] = Uint8Array.from(payload);
    });
  const [a, b] = [
    [0x61, 0x61],
    [0x61, 0x62],
  ] as const;
  const action = [0x81, 0x84, 0x00, 0x60, 0x60];
  assert.is(withPayload([...action, 0xa2, ...a, 1, ...b, 2]), "delta");
  assert.is(withPayload([...action, 0xa2, ...b, 2, ...a, 1]), "non-canonical");
  assert.is(withPayload([...action, 0xa2, ...a, 1, ...a, 2]), "malformed");
  assert.is(withPayload([0x98, 1, ...action.slice(1), 1]), "malformed");
  assert.is(withPayload([...action, 0x18, 1]), "malformed");
  for (const never of [0xf7, 0xc1, 0x9f, 0xff, 0xfc]) assert.is(withPayload([...action, never]), "malformed");
});

test("what is no JSON value is refused wherever a value may be", () => {
  const bytes = new Uint8Array(3);
  assert.is(
    fateOfFields((fields) => {
      fields[8] = encode([[0, "c", "k", bytes]]);
    }),
    "malformed",
  );
  assert.is(
    fateOfFields((fields) => {
      fields[9] = [["e", { inner: [bytes] }]];
    }),
    "malformed",
  );
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined as unknown as Json,
    (2n ** 60n) as unknown as Json,
  ])
    assert.is(fate({ content: operations(put("k", value as never)) }), "malformed");
});

test("an unknown version is told apart from a mistake, and an unknown kind is kept for later", () => {
  assert.is(
    fateOfFields((fields) => {
      fields[0] = 2;
    }),
    "unknown-version",
  );
  assert.is(
    fateOfFields((fields) => {
      fields[2] = 17;
      fields[8] = Uint8Array.of(1, 2, 3);
    }),
    "delta",
  );
  assert.is(
    fateOfFields((fields) => {
      fields[2] = 256;
    }),
    "malformed",
  );
  assert.is(
    fateOfFields((fields) => {
      fields.push(0);
    }),
    "malformed",
  );
});

test("a heartbeat lists so many heads and no more", () => {
  const heartbeat: HeartbeatDraft = {
    sender: ann.author,
    incarnation,
    counter: 1,
    contextId: id<ContextId>("context"),
    heads: parents(headsMax),
    headCount: headsMax,
    headsDigest: id("digest"),
    stateRoot: id("root"),
  };
  const open = (change: Partial<HeartbeatDraft>) =>
    openHeartbeat(sealHeartbeat({ ...heartbeat, ...change }, ann), trustingCrypto);
  assert.is(open({}).kind, "heartbeat");
  const refused = open({ heads: parents(headsMax + 1) });
  assert.is(refused.kind === "fault" && refused.code, "over-limit");
  const short = open({ stateRoot: byteString(bytesOf(id("root")).subarray(1)) });
  assert.is(short.kind === "fault" && short.code, "malformed");
});

test.run();
