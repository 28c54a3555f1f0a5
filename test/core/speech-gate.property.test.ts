// Nothing is said before it is kept: no interleaving of turns, syncs and crashes lets speech out early, late, twice
// or out of order. Invariant 5.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../core/effect.ts";
import type { Hash, PeerId, Topic } from "../../core/ids.ts";
import { SpeechGate } from "../../core/speech-gate.ts";
import { holds } from "../laws.ts";

/** Each effect with a number of its own; what others can see, and what they cannot. */
const makers: Readonly<Record<string, (id: number) => Effect>> = {
  commit: (id) => ({ kind: "commit", writes: [[`${id}`, Uint8Array.of(1)]] }),
  publish: (id) => ({ kind: "publish", topic: `${id}` as Topic, message: Uint8Array.of(1) }),
  send: (id) => ({ kind: "send", stream: id, frame: Uint8Array.of(1) }),
  "close-stream": (id) => ({ kind: "close-stream", stream: id }),
  reply: (id) => ({
    kind: "reply",
    request: id,
    outcome: { kind: "refused", code: "call-failed", message: "" },
  }),
  emit: (id) => ({
    kind: "emit",
    event: { kind: "state-changed", contextId: `${id}` as never, events: [] },
  }),
  "store-chunk": (id) => ({ kind: "store-chunk", chunk: `${id}` as Hash, bytes: Uint8Array.of(1) }),
  "drop-chunks": (id) => ({ kind: "drop-chunks", chunks: [`${id}` as Hash] }),
  "read-chunk": (id) => ({ kind: "read-chunk", chunk: `${id}` as Hash }),
  verdict: (id) => ({ kind: "verdict", gossip: id, verdict: "accept" }),
  "wake-at": (id) => ({ kind: "wake-at", monotonicMs: id }),
  dial: (id) => ({ kind: "dial", peer: `${id}` as PeerId }),
  "open-stream": (id) => ({ kind: "open-stream", stream: id, peer: "p" as PeerId }),
  observe: (id) => ({ kind: "observe", observation: { name: "delta-applied", amount: id } }),
};
/** What is dropped cannot be taken back, and what is stored again must come after. */
const speech = new Set([
  ...["publish", "send", "close-stream", "reply", "emit"],
  ...["drop-chunks", "store-chunk"],
]);
const kinds = Object.keys(makers);

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("turn" as const),
        effects: fc.array(fc.constantFrom(...kinds, "commit"), { maxLength: 5 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("durable" as const), commits: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  ),
  { maxLength: 40 },
);

/** One start of a node: what it emitted, and what of it was performed. */
class Run {
  readonly emitted: Effect[] = [];
  readonly performed: Effect[] = [];
  commits = 0;
  durable = 0;
  readonly gate = new SpeechGate({
    commit: () => {
      this.commits += 1;
    },
    perform: (effect) => this.#perform(effect),
  });

  push(effects: readonly Effect[]): void {
    this.emitted.push(...effects);
    this.gate.push(effects);
  }

  becomeDurable(commits: number): void {
    const many = Math.min(commits, this.gate.commitsInFlight);
    this.durable += many;
    this.gate.durable(many);
  }

  /** Commits emitted before an effect, in this or an earlier list. */
  commitsBefore(effect: Effect): number {
    return this.emitted.slice(0, this.emitted.indexOf(effect)).filter(({ kind }) => kind === "commit").length;
  }

  /** What must have been performed by now, and nothing else. */
  assertPerformed(): void {
    const due = this.emitted.filter(({ kind }) => kind !== "commit");
    const expected = due.filter(
      (effect) => !speech.has(effect.kind) || this.commitsBefore(effect) <= this.durable,
    );
    assert.is(this.performed.length, expected.length);
    assert.equal(new Set(this.performed), new Set(expected));
    for (const isSpeech of [true, false]) {
      const inOrder = (list: readonly Effect[]) => list.filter(({ kind }) => speech.has(kind) === isSpeech);
      assert.equal(inOrder(this.performed), inOrder(expected), "out of order");
    }
  }

  #perform(effect: Effect): void {
    this.performed.push(effect);
    if (speech.has(effect.kind))
      assert.ok(this.commitsBefore(effect) <= this.durable, `${effect.kind} left early`);
  }
}

test("speech leaves when the commits before it are durable, and not before; the rest leaves at once", () => {
  holds(
    fc.property(steps, (list) => {
      let run = new Run();
      let made = 0;
      const make = (kind: string) => {
        made += 1;
        return makers[kind]?.(made) as Effect;
      };
      for (const step of list) {
        const crashed = run;
        const saidBefore = crashed.performed.length;
        if (step.kind === "turn") {
          run.push(step.effects.map(make));
        } else if (step.kind === "durable") {
          run.becomeDurable(step.commits);
        } else {
          run = new Run();
          assert.is(crashed.performed.length, saidBefore);
        }
        run.assertPerformed();
        assert.is(run.gate.commitsInFlight, run.commits - run.durable);
      }
      run.becomeDurable(run.gate.commitsInFlight);
      run.assertPerformed();
      assert.is(run.performed.length, run.emitted.filter(({ kind }) => kind !== "commit").length);
    }),
    { share: 3 },
  );
});

test("a disk that is durable at once holds nothing back", () => {
  const said: string[] = [];
  const gate: SpeechGate = new SpeechGate({
    commit: () => gate.durable(1),
    perform: (effect) => said.push(effect.kind),
  });
  gate.push(
    ["commit", "publish", "commit", "reply", "verdict"].map((kind, id) => makers[kind]?.(id) as Effect),
  );
  assert.equal(said, ["publish", "reply", "verdict"]);
});

test.run();
