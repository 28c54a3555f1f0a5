import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import type { AuthorId, BlobId, ContextId } from "../../../core/ids.ts";
import type { ClientCall } from "../../../core/input.ts";
import { recordHistory } from "../../../sim/host/export-trace.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import type { SimulationEvent } from "../../../sim/simulation.ts";
import { describeStep } from "../../../sim/trace/describe.ts";
import { frameWords } from "../../../sim/trace/sync-words.ts";

const contextId = "c".repeat(32) as ContextId;
const member = "\u0001".repeat(32) as AuthorId;
const stranger = "\u0003".repeat(32) as AuthorId;
const nameOf = (author: AuthorId) => (author === member ? "n4" : undefined);
const blob = "\u0002".repeat(32) as BlobId;

const calls: readonly (readonly [ClientCall, string])[] = [
  [{ kind: "execute", contextId, method: "set", args: { key: "a" } }, 'set {"key":"a"}'],
  [{ kind: "create-context", application: "kv-store" }, "create-context kv-store"],
  [{ kind: "join-context", contextId, invitation: Uint8Array.of(1) }, "join-context by an invitation"],
  [
    { kind: "invite", contextId, role: "reader", invitee: null, expiresInMs: 1 },
    "invite whoever comes as reader",
  ],
  [{ kind: "invite", contextId, role: "admin", invitee: member, expiresInMs: 1 }, "invite n4 as admin"],
  [{ kind: "change-members", contextId, change: { kind: "remove", member } }, "remove n4"],
  [{ kind: "change-members", contextId, change: { kind: "role", member, role: "admin" } }, "make n4 admin"],
  [{ kind: "change-members", contextId, change: { kind: "remove", member: stranger } }, "remove 03030303"],
  [{ kind: "change-members", contextId, change: { kind: "leave" } }, "leave"],
  [{ kind: "write-blob", upload: 1, contextId, chunk: new Uint8Array(7) }, "write-blob 7 B"],
  [{ kind: "finish-blob", upload: 1, name: "photo", mediaType: "image/png" }, 'finish-blob "photo"'],
  [{ kind: "read-blob", contextId, blob, chunk: 3 }, "read-blob 02020202, chunk 3"],
  [{ kind: "delete-blob", contextId, blob }, "delete-blob 02020202"],
  [{ kind: "sync-now", contextId, peer: null }, "sync-now with all"],
];

test("a client's call is told with what it asks for, and nodes of the run by their names", () => {
  for (const [call, text] of calls) {
    const event = { input: { kind: "request", request: 1, call }, effects: [] } as unknown as SimulationEvent;
    assert.is(describeStep(event, 0, nameOf), text);
  }
});

test("a sync session is told by its messages, the protocol chosen, and who takes the state from whom", () => {
  const scenario = parse(readFileSync("scenarios/late-joiner-below-horizon.yaml", "utf8")) as Scenario;
  const labels = recordHistory(planOf(scenario)).steps.map(({ label }) => label);
  const isTold = (pattern: RegExp) =>
    assert.ok(
      labels.some((label) => pattern.test(label)),
      String(pattern),
    );
  isTold(/opens a stream to \w+, sends handshake \(has \d+ deltas?.*\), starts a sync session with \w+/);
  isTold(/sends handshake \(has .*\), chooses (?:snapshot|level-wise|hash-comparison): who has fewer takes/);
  isTold(/sends state-request, begins to take the state of \w+/);
  isTold(/^state-offer of \d+ entit(?:y|ies) on stream \d+/);
  isTold(/took over the state of \w+ by \w+/);
  isTold(/its sync session with \w+ ends: delta-\w+ completed/);
  isTold(/sends \d+ deltas?/);
  const unnamed = labels.filter((label) => /a frame of|sends(?:,|$)/.test(label));
  assert.equal(unnamed, []);
});

test("a frame that says nothing is told by its length", () => {
  assert.is(frameWords(Uint8Array.of(1, 2, 3)), "a frame of 3 B");
});

test.run();
