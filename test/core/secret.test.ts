// What is secret about a context follows from a key: whoever knows all of a node's chance cannot tell it.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../core/random.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { codec, identityOf } from "./authors.ts";
import { LoneNode } from "./lone-node.ts";

const words = [5, 6, 7, 8] as const;

/** More of a node's chance than it draws here. */
function chanceOf(): string {
  const random = new Random([...words]);
  return Buffer.from(random.bytes(65_536)).toString("hex");
}

test("neither the first secret of a topic nor the next is drawn from a node's chance", () => {
  const node = new LoneNode("ann", { words: [...words] });
  const bob = identityOf("bob").author;
  const created = node.call({
    kind: "create-context",
    application: "kv-store",
    members: [{ author: bob, role: "member" }],
  });
  if (created.kind !== "context") throw new Error(JSON.stringify(created));
  const { contextId } = created;
  node.call({ kind: "change-members", contextId, change: { kind: "remove", member: bob } });
  const { graph } = node.replica(contextId).deltas;
  const secrets = Array.from({ length: graph.count }, (_, position) => graph.at(position).id).flatMap(
    (id) => {
      const delta = codec.openStored(node.disk.get(storeKeys.delta(id)) ?? new Uint8Array());
      if (delta.kind === "fault") throw new Error(delta.detail);
      const { content } = delta;
      if (content.kind === "genesis") return [content.nonce];
      return content.kind === "membership" && content.change.kind === "rotate" ? [content.change.secret] : [];
    },
  );
  const chance = chanceOf();
  assert.is(new Set(secrets).size, 2);
  for (const secret of secrets) assert.not(chance.includes(Buffer.from(secret, "latin1").toString("hex")));
});

test.run();
