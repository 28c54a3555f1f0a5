import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderFrame } from "../../../../adapters/tui/frame.ts";
import { Asking } from "../../../../adapters/tui/live/asking.ts";
import { askNode, changesOf, unheard } from "../../../../adapters/tui/live/live-node.ts";
import type { NodeSource } from "../../../../adapters/tui/live/node-source.ts";
import { formatNodes } from "../../../../adapters/tui/live/watch-nodes.ts";
import { WatchedNodes } from "../../../../adapters/tui/live/watched-nodes.ts";
import { createTheme } from "../../../../adapters/tui/theme.ts";
import type { JsonObject } from "../../../../core/json.ts";

/** A node that answers from what it is set to, and remembers what it was told to do. */
class AnsweringNode implements NodeSource {
  readonly url: string;
  readonly told: string[] = [];
  isSilent = false;
  root = "rootAAAAAAAA";
  applied = 3;
  /** Set once somebody listens. */
  hear: (() => void) | null = null;
  hangUp: (() => void) | null = null;
  readonly #name: string;

  constructor(name: string, port: number) {
    this.#name = name;
    this.url = `http://127.0.0.1:${port}`;
  }

  async get(path: string): Promise<JsonObject> {
    if (this.isSilent) throw new Error(`no node answers at ${this.url}: is it running?`);
    switch (path) {
      case "/admin-api/status":
        return {
          data: {
            name: this.#name,
            peer: `peer-${this.#name}`,
            state: "running",
            uptimeMs: 5_000,
            sessions: 0,
            sync: [],
          },
        };
      case "/admin-api/contexts":
        return { data: { contexts: [this.#context()] } };
      default:
        return { count: 1, peers: [{ peer: "peer-other", contexts: ["kv"] }] };
    }
  }

  async post(path: string): Promise<JsonObject> {
    this.told.push(path);
    return {};
  }

  listen(heard: () => void): Promise<void> {
    this.hear = heard;
    return new Promise((resolve) => {
      this.hangUp = resolve;
    });
  }

  #context(): JsonObject {
    return {
      ...{ id: "kv", applicationId: "kv-store", contextStateHash: this.root, dagHeads: ["headheadhead"] },
      ...{
        isInitialized: true,
        appliedDeltas: this.applied,
        pendingDeltas: 0,
        entities: 2,
        owed: 0,
        parked: 0,
      },
    };
  }
}

async function watching(...sources: readonly AnsweringNode[]): Promise<WatchedNodes> {
  const watched = new WatchedNodes(sources);
  watched.work();
  await sleep(20);
  return watched;
}

const textOf = (watched: WatchedNodes) =>
  renderFrame(watched.view(), { columns: 110, rows: 24 }, createTheme(0));

test("nodes with one root have one letter, and one that does not answer is down", async () => {
  const [a, b, silent] = [new AnsweringNode("a", 1), new AnsweringNode("b", 2), new AnsweringNode("c", 3)];
  b.root = "rootBBBBBBBB";
  silent.isSilent = true;
  const text = textOf(await watching(a, b, silent));
  assert.match(text, /A 1 rootAAAA {3}B 1 rootBBBB {3}✕ 1 down/);
  assert.match(text, "heard of as it happens");
});

test("the chosen node is looked at, syncs when it is told to, and says when it cannot", async () => {
  const a = new AnsweringNode("a", 1);
  const watched = await watching(a);
  watched.controls.press("2");
  assert.match(textOf(watched), /a · running · http:\/\/127\.0\.0\.1:1[\s\S]*deltas +3 applied, 0 pending/);
  watched.controls.press("s");
  await sleep(5);
  assert.equal(a.told, ["/admin-api/contexts/kv/sync"]);
  assert.match(textOf(watched), "a syncs now");
});

test("what changed between two answers is told in words", async () => {
  const a = new AnsweringNode("a", 1);
  const first = await askNode(a, unheard(a.url));
  a.root = "rootCCCCCCCC";
  a.applied = 5;
  const second = await askNode(a, first);
  assert.equal(changesOf(first, second), [{ kind: "state", text: "2 deltas more, 1 head, root rootCCCC" }]);
  a.isSilent = true;
  const third = await askNode(a, second);
  assert.equal(third.contexts, second.contexts, "what is known of it stays");
  assert.match(changesOf(second, third)[0]?.text ?? "", "no node answers");
  assert.match(
    formatNodes([second, third]),
    /^a {2}http:\/\/127\.0\.0\.1:1 {2}running, 1 peers\n {2}context kv: root rootCCCC/,
  );
});

test("two nodes of one name are told apart", async () => {
  const watched = await watching(new AnsweringNode("default", 1), new AnsweringNode("default", 2));
  assert.equal(new Set(watched.nodes()).size, 2);
});

test("a node is asked again when it says that something happened, and more often while it is not listened to", async () => {
  const a = new AnsweringNode("a", 1);
  const asking = new Asking(a);
  const isDueAfter = (...waitsMs: readonly number[]) => waitsMs.map((waitMs) => asking.isDue(waitMs));
  assert.equal(isDueAfter(0), [true], "at once to begin with");
  asking.begin();
  assert.equal(isDueAfter(0, 100_000), [false, false], "not while it is being asked");
  asking.end(0, false);
  assert.equal(isDueAfter(999, 1_000), [false, true], "it does not answer, so it is not listened to");
  asking.begin();
  asking.end(0, true);
  assert.equal(isDueAfter(1_000, 4_999, 5_000), [false, false, true], "it will say when something happens");
  a.hear?.();
  assert.equal(isDueAfter(99, 100), [false, true], "something happened");
  asking.begin();
  asking.end(0, true);
  assert.equal(isDueAfter(4_999), [false], "that was asked for");
  a.hangUp?.();
  await sleep(1);
  assert.equal(isDueAfter(1_000), [true], "it says nothing more");
});

test.run();
