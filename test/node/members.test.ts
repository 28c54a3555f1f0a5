// Members of real nodes: who is invited comes in, who is removed hears no more, a stranger hears nothing.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { agree, ask, createContext, entries, joinContext, set, startTestNode, until } from "./test-node.ts";

test("an invited node comes in, a reader reads, a removed one hears no more, and a stranger hears nothing", async () => {
  const { node: ann } = await startTestNode();
  const boot = { "swarm.bootNodes": [...ann.addresses()] };
  const [{ node: bob }, { node: cid }, { node: eve }] = await Promise.all([
    startTestNode(boot),
    startTestNode(boot),
    startTestNode(boot),
  ]);
  const contextId = await createContext(ann.apiUrl);
  await set(ann.apiUrl, contextId, ["first", 1]);
  await joinContext(bob.apiUrl, { contextId, invitedBy: ann.apiUrl });
  await joinContext(cid.apiUrl, { contextId, invitedBy: ann.apiUrl, role: "reader" });
  await ask(eve.apiUrl, `/admin-api/contexts/${contextId}/join`, {});

  await set(bob.apiUrl, contextId, ["second", 2]);
  const members = [ann.apiUrl, bob.apiUrl, cid.apiUrl];
  await until("members agree", () => agree(members, contextId, { first: 1, second: 2 }));
  await refusedTo(() => set(cid.apiUrl, contextId, ["third", 3]), /only reads/);

  const { data } = await ask(bob.apiUrl, "/admin-api/status");
  const removal = await fetch(`${ann.apiUrl}/admin-api/contexts/${contextId}/members/${keyOf(data)}`, {
    method: "DELETE",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  assert.is(removal.status, 200);
  await until("the removed node hears of it", async () => {
    const shown = await ask(bob.apiUrl, `/admin-api/contexts/${contextId}`);
    return shown.data?.ownRole === null;
  });
  await set(ann.apiUrl, contextId, ["secret", 4]);
  await until("who is still there agrees", () =>
    agree([ann.apiUrl, cid.apiUrl], contextId, { first: 1, second: 2, secret: 4 }),
  );
  assert.equal(await entries(bob.apiUrl, contextId), { first: 1, second: 2 });
  await refusedTo(() => set(bob.apiUrl, contextId, ["late", 5]), /no member/);
  await refusedTo(() => entries(eve.apiUrl, contextId), /Uninitialized/);
  await Promise.all([ann, bob, cid, eve].map((node) => node.stop()));
});

test("an invitation for anyone lets in one node, and is worth nothing to anybody after", async () => {
  const { node: ann } = await startTestNode();
  const boot = { "swarm.bootNodes": [...ann.addresses()] };
  const others = await Promise.all(Array.from({ length: 3 }, () => startTestNode(boot)));
  const [bob, cid, late] = others.map(({ node }) => node) as [typeof ann, typeof ann, typeof ann];
  const contextId = await createContext(ann.apiUrl);
  await set(ann.apiUrl, contextId, ["first", 1]);
  const invited = await ask(ann.apiUrl, `/admin-api/contexts/${contextId}/invite`, { role: "member" });
  const invitation = invited.data?.invitation;
  const join = (apiUrl: string) => ask(apiUrl, "/admin-api/contexts/join", { invitation });
  const roleOf = async ({ apiUrl }: typeof ann) =>
    (await ask(apiUrl, `/admin-api/contexts/${contextId}`)).data?.ownRole ?? null;
  await join(bob.apiUrl);
  const memberCount = async () => {
    const response = await fetch(`${ann.apiUrl}/admin-api/contexts/${contextId}/members`);
    return ((await response.json()) as { data: { members: readonly unknown[] } }).data.members.length;
  };
  await until("it is in", async () => (await memberCount()) === 2 && (await roleOf(bob)) === "member");
  for (const { apiUrl } of [cid, late]) await join(apiUrl);
  await set(bob.apiUrl, contextId, ["second", 2]);
  await until("members agree", () => agree([ann.apiUrl, bob.apiUrl], contextId, { first: 1, second: 2 }));
  for (const { apiUrl } of [cid, late]) await ask(apiUrl, `/admin-api/contexts/${contextId}/sync`, {});
  await set(ann.apiUrl, contextId, ["third", 3]);
  await until("members agree again", () =>
    agree([ann.apiUrl, bob.apiUrl], contextId, { first: 1, second: 2, third: 3 }),
  );
  assert.is(await memberCount(), 2);
  assert.equal([await roleOf(bob), await roleOf(cid), await roleOf(late)], ["member", null, null]);
  for (const { apiUrl } of [cid, late]) await refusedTo(() => entries(apiUrl, contextId), /Uninitialized/);
  await Promise.all([ann, bob, cid, late].map((node) => node.stop()));
});

function keyOf(status: unknown): string {
  return String((status as { readonly key?: string } | undefined)?.key);
}

async function refusedTo(attempt: () => Promise<unknown>, message: RegExp): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    assert.match(String(error), message);
    return;
  }
  assert.unreachable("it was allowed");
}

test.run();
