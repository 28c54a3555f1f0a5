// A node's store is damaged where a peer has what is lost, and not what was written after it.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { kvStore } from "../../../core/app/built-in/kv-store.ts";
import { createConfig } from "../../../core/config.ts";
import type { DeltaId, PeerId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { repairNode } from "../../../node/repair/repair.ts";
import { ask, createContext, entries, joinContext, set, startTestNode, until } from "../test-node.ts";
import { deltasIn } from "./stored-history.ts";

const [shared, alone, lost] = [30, 25, 3];

test("what it wrote after the damage waits for what a peer has of before, through starts, and then all is there", async () => {
  const { node: left, ...kept } = await startTestNode();
  const { node: right, ...peer } = await startTestNode({ "swarm.bootNodes": [...left.addresses()] });
  const contextId = await createContext(left.apiUrl);
  await joinContext(right.apiUrl, { contextId, invitedBy: left.apiUrl });
  for (let index = 0; index < shared; index += 1) await set(left.apiUrl, contextId, [`key ${index}`, index]);
  await until("the peer has it", async () => {
    return Object.keys(await entries(right.apiUrl, contextId)).length === shared;
  });
  await right.stop();
  for (let index = shared; index < shared + alone; index += 1)
    await set(left.apiUrl, contextId, [`key ${index}`, index]);
  const written = await entries(left.apiUrl, contextId);
  await left.stop();

  const deltas = [...(await deltasIn(kept.storePath)).values()].sort((a, b) => a.hlc.ms - b.hlc.ms);
  // Without the record of its context as well, so that its state is not taken over as it is.
  const repairWithout = async (ids: readonly DeltaId[]) => {
    const store = await openLevelStore(kept.storePath, { create: false });
    for (const id of ids) store.stage([[storeKeys.delta(id), null]]);
    for (const { contextId: own } of deltas.slice(0, 1)) store.stage([[storeKeys.context(own), null]]);
    await store.flush();
    await store.close();
    const about = { seed: kept.seed, peer: "left" as PeerId, secret: null, storePath: kept.storePath };
    const outcome = await repairNode({ ...about, applications: [kvStore], config: createConfig() }, true);
    if (outcome.kind !== "salvaged") throw new Error(JSON.stringify(outcome));
    return outcome.salvaged;
  };
  const ids = deltas.map(({ id }) => id);
  const first = await repairWithout(ids.slice(10, 10 + lost));
  assert.is(first.deltas + first.waiting, deltas.length - lost);
  assert.ok(first.waiting >= alone, `${first.waiting} wait`);
  // A store in which some wait is damaged again.
  const { waiting, deltas: applied } = await repairWithout(ids.slice(5, 6));
  assert.ok(waiting > first.waiting);
  assert.is(applied + waiting, deltas.length - lost - 1);

  for (const restart of ["first", "second"]) {
    const { node: again } = await startTestNode({}, kept);
    const { data } = await ask(again.apiUrl, `/admin-api/contexts/${contextId}`);
    assert.is(data?.strandedDeltas, waiting, `at its ${restart} start`);
    assert.is(data?.readiness?.state, "degraded");
    assert.match(data?.readiness?.why ?? "", /wait for others that it could not.*the store keeps/);
    await set(again.apiUrl, contextId, [`after ${restart}`, restart]);
    await again.stop();
  }

  const { node: again } = await startTestNode({}, kept);
  const { node: back } = await startTestNode({ "swarm.bootNodes": [...again.addresses()] }, peer);
  const all = { ...written, "after first": "first", "after second": "second" };
  await until("both have all of it", async () => {
    const found = await Promise.all([again, back].map(({ apiUrl }) => entries(apiUrl, contextId)));
    return found.every((each) => Object.keys(each).length === Object.keys(all).length);
  });
  for (const { apiUrl } of [again, back]) {
    assert.equal(await entries(apiUrl, contextId), all);
    const { data } = await ask(apiUrl, `/admin-api/contexts/${contextId}`);
    assert.is(data?.strandedDeltas, 0);
    assert.equal(data?.readiness, { state: "ready", why: "" });
    const { faults } = (await ask(apiUrl, "/admin-api/status")).data as { readonly faults?: object };
    assert.equal(faults ?? {}, {}, "nobody is blamed for what comes back");
  }
  await Promise.all([again.stop(), back.stop()]);
});

test.run();
