// A disk on which nothing more can be written, as far as a process can tell.

import { setTimeout } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess } from "./node-process.ts";
import { createContext, entries, set } from "./test-node.ts";

test("a full disk ends a node with 4 and a sentence, and with room again it has all it acknowledged", async () => {
  const node = await NodeProcess.make(temporaryFolder(), "full");
  const { apiUrl } = await node.startWithin(512);
  const contextId = await createContext(apiUrl);
  const acknowledged: string[] = [];
  let refusal = "";
  let looked: Response | null = null;
  while (acknowledged.length < 1_000) {
    const key = `key ${acknowledged.length}`;
    const write = set(apiUrl, contextId, [key, "x".repeat(8_000)]).then(
      () => "",
      (error: Error) => error.message,
    );
    // While the disk is tried again, whoever reads waits as well.
    if ((await Promise.race([write, setTimeout(300)])) === undefined)
      looked = await fetch(`${apiUrl}/admin-api/contexts`);
    refusal = await write;
    if (refusal !== "") break;
    acknowledged.push(key);
  }
  assert.ok(acknowledged.length > 10 && acknowledged.length < 200, `${acknowledged.length} were kept`);
  assert.is(looked?.status, 503);
  const heard = (await looked?.json()) as { readonly error: string } | undefined;
  assert.match(refusal, heard?.error ?? "nothing was heard");
  assert.is(await node.ended(), 4);
  const [said = ""] =
    /the store at \S+ cannot be written .*check the space and health of its disk/.exec(refusal) ?? [];
  assert.is.not(said, "", refusal);
  assert.match(refusal, `the node has stopped: ${said}; this request is not acknowledged`);
  assert.ok(node.stderr.includes(`error: ${said}`), "its log has the same words");
  const again = await node.start();
  const kept = await entries(again.apiUrl, contextId);
  assert.equal(
    acknowledged.filter((key) => !(key in kept)),
    [],
  );
  assert.is(await node.stop(), 0);
});

test.run();
