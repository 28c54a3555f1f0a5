import { test } from "uvu";
import * as assert from "uvu/assert";
import { namedAsOutside } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { toHex } from "../../../core/ids.ts";

const id = "c".repeat(32);
const refusal = (code: "context-not-found" | "call-failed", message: string) =>
  namedAsOutside({ kind: "refused", code, message });

test("clients are told ids as they know them, where the sentence is the node's own", () => {
  assert.equal(refusal("context-not-found", `no context ${toHex(id)} on this node`), {
    ...{ kind: "refused", code: "context-not-found" },
    message: `no context ${toBase58(id)} on this node`,
  });
});

test("what an application says is left as it is: ids in its state are hexadecimal", () => {
  const message = `there is no message of ${toHex(id)}`;
  assert.equal(refusal("call-failed", message), { kind: "refused", code: "call-failed", message });
});

test.run();
