// Streams behave as streams: what is sent arrives in order and once, or the stream is closed at both ends.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { holds } from "../../laws.ts";
import { BareWorld, cut } from "./bare-world.ts";

const rough: Omit<Scenario, "name"> = {
  nodes: 2,
  network: {
    latency: { kind: "lognormal", medianMs: 30, p99Ms: 400 },
    ...{ loss: 0.3, reorder: 0.5, duplicate: 0.5, bandwidthKbps: 1_000 },
    keepalive: "5s",
  },
};

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("send" as const), by: fc.nat(1), stream: fc.nat(2) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("open" as const, "close" as const),
        by: fc.nat(1),
        stream: fc.nat(2),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(300) }) },
  ),
  { maxLength: 60 },
);
const cuts = fc.option(
  fc.record({
    afterMs: fc.nat(2_000),
    lastsMs: fc.oneof(fc.nat(4_900), fc.integer({ min: 5_500, max: 20_000 })),
    isOneWay: fc.boolean(),
  }),
);

/** Which of its own streams each node has open, by the drawn number; and what it heard of each. */
class Ends {
  readonly world: BareWorld;
  /** [opener, drawn number] → what was sent by either side, numbered. */
  readonly #sent = new Map<string, number[]>();
  readonly #streams = [new Map<number, number>(), new Map<number, number>()] as const;
  #opened = 0;
  #frames = 0;

  constructor(world: BareWorld) {
    this.world = world;
  }

  /** The opener's own numbers are positive, so both may use the same ones. */
  open(by: number, drawn: number): void {
    if (this.#streams[by]?.has(drawn)) return;
    this.#opened += 1;
    this.#streams[by]?.set(drawn, this.#opened);
    this.world.streams.open(by, 1 - by, { id: this.#opened });
  }

  send(by: number, drawn: number): void {
    const stream = this.#streams[by]?.get(drawn);
    if (stream === undefined) return;
    this.#frames += 1;
    const key = `${by} ${stream}`;
    this.#sent.set(key, [...(this.#sent.get(key) ?? []), this.#frames]);
    this.world.streams.send(by, stream, Uint8Array.of(this.#frames >> 8, this.#frames & 255));
  }

  close(by: number, drawn: number): void {
    const stream = this.#streams[by]?.get(drawn);
    if (stream === undefined) return;
    this.#streams[by]?.delete(drawn);
    this.world.streams.close(by, stream);
  }

  /** Every stream: opened once, then a beginning of what was sent, then closed at most once and silent. */
  assertOrdered({ isWhole }: { isWhole: boolean }): void {
    for (const [key, frames] of this.#sent) {
      const by = Number(key.split(" ")[0]);
      const heard = this.world.reached(1 - by, "stream-opened", "stream-frame", "stream-closed");
      const opens = heard.filter(({ kind }) => kind === "stream-opened");
      assert.is(new Set(opens.map((input) => input.stream)).size, opens.length);
      const own = this.#otherEnd(by, frames[0] ?? 0);
      if (own === null) {
        assert.not(isWhole, "nothing arrived");
        continue;
      }
      const about = heard.filter((input) => input.stream === own);
      assert.is(about[0]?.kind, "stream-opened");
      const numbers = about.flatMap((input) =>
        input.kind === "stream-frame" ? [numberOf(input.frame)] : [],
      );
      assert.equal(numbers, isWhole ? frames : frames.slice(0, numbers.length));
      const closedAt = about.findIndex(({ kind }) => kind === "stream-closed");
      if (closedAt >= 0) assert.is(closedAt, about.length - 1, "not silent after its end");
    }
  }

  /** The other end's number for a stream, found by its first frame. */
  #otherEnd(by: number, frame: number): number | null {
    const found = this.world.reached(1 - by, "stream-frame").find((input) => numberOf(input.frame) === frame);
    return found?.stream ?? null;
  }
}

function numberOf(frame: Uint8Array): number {
  return (frame[0] ?? 0) * 256 + (frame[1] ?? 0);
}

test("frames arrive in order and once; a short cut only delays them, a long one closes the stream", () => {
  holds(
    fc.property(fc.nat(0xffff_ffff), steps, cuts, (seed, list, planned) => {
      const world = new BareWorld(rough, seed);
      world.connectAll();
      const ends = new Ends(world);
      const startUs = world.nowUs;
      const fault = cut(0, 1, { isOneWay: planned?.isOneWay ?? false });
      let state: "before" | "cut" | "healed" = "before";
      const applyCut = () => {
        if (planned === null) return;
        const elapsedMs = (world.nowUs - startUs) / 1_000;
        if (state === "before" && elapsedMs >= planned.afterMs) {
          world.set(fault, true);
          state = "cut";
        } else if (state === "cut" && elapsedMs >= planned.afterMs + planned.lastsMs) {
          world.set(fault, false);
          state = "healed";
        }
      };
      for (const step of list) {
        if (step.kind === "pass") world.pass(step.ms);
        else ends[step.kind](step.by, step.stream);
        applyCut();
      }
      for (let rounds = 0; rounds < 300; rounds += 1) {
        world.pass(100);
        applyCut();
      }
      const broke = world.reached(0, "peer-disconnected").length > 0;
      if (planned === null || planned.lastsMs < 4_900) assert.not(broke, "broke though it need not");
      ends.assertOrdered({ isWhole: !broke });
      assert.is(world.reached(1, "peer-disconnected").length, Number(broke), "both ends learn of it, once");
    }),
    { share: 0.5 },
  );
});

test("a cut that outlasts the keepalive closes every stream at both ends, once", () => {
  const world = new BareWorld({ nodes: 2, network: { keepalive: "5s" } });
  world.connectAll();
  world.streams.open(0, 1, { id: 1 });
  world.streams.send(0, 1, Uint8Array.of(0, 1));
  world.pass(1_000);
  world.set(cut(0, 1), true);
  world.streams.send(0, 1, Uint8Array.of(0, 2));
  world.pass(4_900);
  assert.is(world.reached(0, "stream-closed").length, 0);
  world.pass(200);
  for (const node of [0, 1]) {
    assert.is(world.reached(node, "stream-closed").length, 1);
    assert.is(world.reached(node, "peer-disconnected").length, 1);
  }
  world.set(cut(0, 1), false);
  world.pass(10_000);
  assert.is(world.reached(1, "stream-frame").length, 1);
});

test("a stream to someone who is not connected closes at once", () => {
  const world = new BareWorld({ nodes: 2 });
  world.streams.open(0, 1, { id: 1 });
  world.pass(1);
  assert.equal(world.reached(0, "stream-closed"), [{ kind: "stream-closed", stream: 1 }]);
});

test("what was sent before a stream was closed still arrives, and nothing comes back", () => {
  const world = new BareWorld({ nodes: 2 });
  world.connectAll();
  world.onInput = (node, input) => {
    if (input.kind === "stream-frame") world.streams.send(node, input.stream, Uint8Array.of(9, 9));
  };
  world.streams.open(0, 1, { id: 1 });
  for (const nth of [1, 2, 3]) world.streams.send(0, 1, Uint8Array.of(0, nth));
  world.streams.close(0, 1);
  world.pass(5_000);
  assert.equal(
    world.reached(1, "stream-opened", "stream-frame", "stream-closed").map(({ kind }) => kind),
    ["stream-opened", ...Array.from({ length: 3 }, () => "stream-frame"), "stream-closed"],
  );
  assert.equal(world.reached(0, "stream-frame", "stream-closed"), []);
});

test("what is sent on a stream that was closed goes nowhere", () => {
  const world = new BareWorld({ nodes: 2 });
  world.connectAll();
  world.streams.open(0, 1, { id: 1 });
  world.streams.close(0, 1);
  world.pass(1_000);
  const [opened] = world.reached(1, "stream-opened");
  world.streams.send(0, 1, Uint8Array.of(1));
  world.streams.send(1, opened?.stream ?? 0, Uint8Array.of(1));
  assert.is(world.counters.messages["stream-frame"] ?? 0, 0);
  world.streams.close(1, opened?.stream ?? 0);
  world.pass(1_000);
  assert.is(world.reached(0, "stream-closed", "stream-frame").length, 0);
});

test("bandwidth holds back what follows, in each direction for itself", () => {
  const world = new BareWorld({
    nodes: 2,
    network: { latency: { kind: "constant", ms: 10 }, bandwidthKbps: 80 },
  });
  world.connectAll();
  const startUs = world.nowUs;
  world.streams.open(0, 1, { id: 1 });
  for (const nth of [1, 2]) world.streams.send(0, 1, new Uint8Array(9_960).fill(nth));
  world.pass(10_000);
  // 10,000 bytes with their overhead take a second at 80 kbit/s.
  const arrivals = world.delivered.filter(({ input }) => input.kind === "stream-frame");
  assert.equal(
    arrivals.map(({ timeUs }) => Math.round((timeUs - startUs) / 1_000)),
    [1_014, 2_014],
  );
});

test("a lost segment costs a retransmission and nothing else", () => {
  const world = new BareWorld({ nodes: 2, network: { latency: { kind: "constant", ms: 10 }, loss: 1 } });
  world.connectAll();
  const startUs = world.nowUs;
  world.streams.open(0, 1, { id: 1 });
  world.streams.send(0, 1, Uint8Array.of(0, 1));
  world.pass(10_000);
  const arrivals = world.delivered.filter(({ input }) => input.kind === "stream-frame");
  assert.equal(
    arrivals.map(({ timeUs }) => (timeUs - startUs) / 1_000),
    [210],
  );
});

test.run();
