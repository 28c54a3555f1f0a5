import { test } from "uvu";
import * as assert from "uvu/assert";
import type { AuthorId, BlobId, ContextId } from "../../../core/ids.ts";
import type { ClientCall } from "../../../core/input.ts";
import type { SimulationEvent } from "../../../sim/simulation.ts";
import { describeStep } from "../../../sim/trace/describe.ts";

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

test.run();
