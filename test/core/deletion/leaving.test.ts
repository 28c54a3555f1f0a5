// What is under way in a context ends when it is deleted, and everybody who waits is told.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { type BlobId, type ContextId, fromHex } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { LoneNode, only, said } from "../lone-node.ts";

function deleting(node: LoneNode, contextId: ContextId) {
  return node.give({ kind: "request", request: "deletion", call: { kind: "delete-context", contextId } });
}

test("who is synced with is told that the context is not here, and the stream ends", () => {
  const node = new LoneNode("ann");
  const contextId = node.create();
  node.meet("bob", contextId);
  const [opened] = only(node.pass(1_000), "open-stream");
  assert.ok(opened);
  const effects = deleting(node, contextId);
  assert.equal(said(effects, opened.stream), [{ kind: "refusal", reason: "context-not-found" }]);
  assert.ok(only(effects, "close-stream").some(({ stream }) => stream === opened.stream));
  assert.is(only(effects, "unsubscribe").length, 1);
  assert.equal(Array.from(node.core.openSessions()), []);
  assert.equal(only(node.pass(60_000), "open-stream"), []);
});

test("a client that waits for a blob of the context is refused at once", () => {
  const ann = new LoneNode("ann");
  const contextId = ann.create();
  const bob = new LoneNode("bob");
  const sealed = (id: string) => ann.disk.get(storeKeys.delta(id as never)) as Uint8Array;
  bob.call({ kind: "join-context", contextId, genesis: sealed(contextId) });
  const chunk = new Uint8Array(10);
  const wrote = { kind: "write-blob", upload: 1, contextId, chunk } as const;
  const [stored] = only(ann.give({ kind: "request", request: 1, call: wrote }), "store-chunk");
  assert.ok(stored);
  ann.give({ kind: "chunk-stored", chunk: stored.chunk, problem: null });
  const finish = { kind: "finish-blob", upload: 1, name: "a", mediaType: "text/plain" } as const;
  const [manifest] = only(ann.give({ kind: "request", request: 2, call: finish }), "store-chunk");
  assert.ok(manifest);
  const [reply] = only(ann.give({ kind: "chunk-stored", chunk: manifest.chunk, problem: null }), "reply");
  const put = reply?.outcome;
  if (put?.kind !== "executed" || put.written === null) return assert.unreachable(JSON.stringify(put));
  bob.gossip("ann", contextId, sealed(put.written));
  const blob = fromHex<BlobId>((put.output as { readonly blob: string }).blob) as BlobId;
  const asked = { kind: "read-blob", contextId, blob, chunk: 0 } as const;
  bob.give({ kind: "request", request: 2, call: asked });
  bob.give({ kind: "chunks-listed", chunks: [] });
  const replies = only(deleting(bob, contextId), "reply").map(({ request, outcome }) => [
    request,
    outcome.kind === "refused" ? outcome.code : outcome.kind,
  ]);
  assert.equal(replies, [
    [2, "blob-unavailable"],
    ["deletion", "context"],
  ]);
});

test.run();
