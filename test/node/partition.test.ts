// Real nodes in one process, cut apart by the network's gate and joined again.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { agree, createContext, joinContext, peerCount, set, startTestNode, until } from "./test-node.ts";

test("two nodes cut apart are written to on both sides, joined again, and agree", async () => {
  const { node: left } = await startTestNode();
  const { node: right } = await startTestNode({ "swarm.bootNodes": [...left.addresses()] });
  const apis = [left.apiUrl, right.apiUrl];
  const contextId = await createContext(left.apiUrl);
  await joinContext(right.apiUrl, { contextId, invitedBy: left.apiUrl });
  await set(left.apiUrl, contextId, ["before", 1]);
  const joinedMs = await until("the first value arrives", () => agree(apis, contextId, { before: 1 }));

  left.setGate(() => false);
  await until("both know of the cut", async () => {
    const counts = await Promise.all(apis.map(peerCount));
    return counts.every((count) => count === 0);
  });
  await set(left.apiUrl, contextId, ["left", 1]);
  await set(right.apiUrl, contextId, ["right", 1]);
  await set(left.apiUrl, contextId, ["both", "left"]);
  await set(right.apiUrl, contextId, ["both", "right"]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.not(
    await agree(apis, contextId, { before: 1, both: "right", left: 1, right: 1 }),
    "nothing crossed the cut",
  );

  left.setGate(() => true);
  const healedMs = await until("both agree again", () =>
    agree(apis, contextId, { before: 1, both: "right", left: 1, right: 1 }),
  );
  console.log(`first value everywhere after ${joinedMs} ms, agreed ${healedMs} ms after the cut`);

  const stoppingMs = performance.now();
  await Promise.all([left.stop(), right.stop()]);
  console.log(`stopped in ${Math.round(performance.now() - stoppingMs)} ms`);
  assert.is(left.state, "stopped");
});

test.run();
