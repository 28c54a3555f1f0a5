// The trace hash: every difference in what happened shows in it, and looking at it changes nothing.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { checkpointEvents, Trace } from "../../core/trace.ts";

function traceOf(events: readonly (readonly unknown[])[]): Trace {
  const trace = new Trace(nodeCrypto);
  events.forEach((what, index) => {
    trace.record(index, 0, what);
  });
  return trace;
}

test("looking at the hash changes nothing", () => {
  const looked = new Trace(nodeCrypto);
  for (let index = 0; index < 10; index += 1) {
    looked.record(index, 0, [index]);
    assert.is(looked.hash(), looked.hash());
  }
  assert.is(looked.hash(), traceOf(Array.from({ length: 10 }, (_, index) => [index])).hash());
});

test("values that differ in anything enter as different bytes", () => {
  const long = new Uint8Array(200);
  const values: readonly (readonly unknown[])[] = [
    ...[
      [0],
      [""],
      [new Uint8Array()],
      [[]],
      [],
      [null],
      [true],
      [false],
      [1],
      ["1"],
      ["\u0001"],
      [-1],
      [0.5],
    ],
    ...[
      [Uint8Array.of(0)],
      [Uint8Array.of(0, 0)],
      [[0]],
      [[0], 0],
      [0, [0]],
      ["a", ""],
      ["", "a"],
      [["a"], []],
      [[["a"]]],
    ],
    ...[[long], [Uint8Array.from(long).fill(1, 199)], [long.subarray(1)], [{ a: 1, b: 2 }], [{ a: 2, b: 1 }]],
    ...[["é"], ["e"], ["ā"], [Number.POSITIVE_INFINITY], [2 ** 53], [2 ** 53 - 1]],
  ];
  const hashes = values.map((value) => traceOf([value]).hash());
  assert.is(new Set(hashes).size, values.length);
});

test("time, node, order and number of events count", () => {
  const one = (timeUs: number, node: number) => {
    const trace = new Trace(nodeCrypto);
    trace.record(timeUs, node, ["x"]);
    return trace.hash();
  };
  const hashes = [
    one(1, 1),
    one(2, 1),
    one(1, 2),
    traceOf([["x"], ["y"]]).hash(),
    traceOf([["y"], ["x"]]).hash(),
  ];
  assert.is(new Set([...hashes, traceOf([["x"], ["x"]]).hash(), traceOf([]).hash()]).size, 7);
});

test("bytes enter by their content, not by the array that holds them", () => {
  const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index);
  for (const length of [10, 96, 97, 1_000])
    assert.is(traceOf([[bytes(length)]]).hash(), traceOf([[bytes(length)]]).hash());
});

test("a checkpoint every so many events tells where two traces part", () => {
  const events = checkpointEvents * 3 + 10;
  const run = (differentAt: number) =>
    traceOf(Array.from({ length: events }, (_, index) => [index === differentAt ? "other" : "same"]));
  const [usual, other] = [run(-1), run(checkpointEvents + 5)];
  assert.is(usual.checkpoints.length, 3);
  assert.equal(
    usual.checkpoints.map((hash, index) => hash === other.checkpoints[index]),
    [true, false, false],
  );
  assert.is.not(usual.hash(), other.hash());
});

test("a listener hears a digest of every event, the same for the same event", () => {
  const digests = (what: string) => {
    const heard: number[] = [];
    const trace = new Trace(nodeCrypto, ({ digest32 }) => heard.push(digest32));
    for (const each of ["a", what, "c"]) trace.record(1, 2, [each]);
    return heard;
  };
  const [one, other] = [digests("b"), digests("x")];
  assert.equal(
    one.map((digest, index) => digest === other[index]),
    [true, false, true],
  );
});

test.run();
