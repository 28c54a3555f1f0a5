// A context is deleted from a real node over the API: it is gone over a restart, others keep it, and it can come again.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { agree, ask, createContext, joinContext, set, startTestNode, until } from "./test-node.ts";

async function erase(apiUrl: string, contextId: string): Promise<number> {
  const { status } = await fetch(`${apiUrl}/admin-api/contexts/${contextId}`, { method: "DELETE" });
  return status;
}

test("a deleted context is gone over a restart, other nodes keep it, and it comes back whole when it is joined again", async () => {
  const { node: ann } = await startTestNode();
  const boot = { "swarm.bootNodes": [...ann.addresses()] };
  const { node: first, storePath, seed } = await startTestNode(boot);
  const contextId = await createContext(ann.apiUrl);
  const other = await createContext(first.apiUrl);
  await joinContext(first.apiUrl, { contextId, invitedBy: ann.apiUrl });
  await set(ann.apiUrl, contextId, ["before", 1]);
  await until("both agree", () => agree([ann.apiUrl, first.apiUrl], contextId, { before: 1 }));

  assert.is(await erase(first.apiUrl, contextId), 200);
  assert.is(await erase(first.apiUrl, contextId), 404);
  await first.stop();
  await set(ann.apiUrl, contextId, ["meanwhile", 2]);

  const { node: again } = await startTestNode(boot, { storePath, seed });
  const listed = (await ask(again.apiUrl, "/admin-api/contexts")).data as { contexts?: { id: string }[] };
  assert.equal(
    listed.contexts?.map(({ id }) => id),
    [other],
  );
  await until("it is all gone", async () => {
    const answer = await ask(again.apiUrl, `/admin-api/contexts/${contextId}/join`, {});
    return answer.data?.contextId === contextId;
  });
  await set(ann.apiUrl, contextId, ["after", 3]);
  await until("both agree again", () =>
    agree([ann.apiUrl, again.apiUrl], contextId, { before: 1, meanwhile: 2, after: 3 }),
  );
  await set(again.apiUrl, contextId, ["own", 4]);
  await until("what it writes arrives", () =>
    agree([ann.apiUrl, again.apiUrl], contextId, { before: 1, meanwhile: 2, after: 3, own: 4 }),
  );
  await Promise.all([ann.stop(), again.stop()]);
});

test.run();
