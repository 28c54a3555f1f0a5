// Each pane from a fixed view, put on a screen by Ink, which a stream that only remembers stands for.

import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderFrame } from "../../../../adapters/tui/frame.ts";
import { helpOf, hintsOf } from "../../../../adapters/tui/keys.ts";
import type { PaneView } from "../../../../adapters/tui/pane-views.ts";
import { mountScreen } from "../../../../adapters/tui/screen.ts";
import { createTheme } from "../../../../adapters/tui/theme.ts";
import { viewOf } from "../views.ts";

const theme = createTheme(0);

/** What Ink writes for a view, without escapes. */
async function screenOf(pane: PaneView, columns = 100, rows = 29): Promise<string> {
  const stdout = Object.assign(new PassThrough(), {
    columns,
    rows,
    isTTY: true,
  }) as unknown as NodeJS.WriteStream;
  let written = "";
  stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  const screen = mountScreen(stdout, () => undefined);
  screen.show(renderFrame(viewOf({}, { pane }), { columns, rows }, theme));
  await sleep(50);
  await screen.unmount();
  return stripVTControlCharacters(written);
}

const row = (label: string, text: string) => ({ label, text, tone: "plain" as const });

const nodePane: PaneView = {
  kind: "node",
  scroll: 0,
  node: {
    title: "n2 · up",
    slot: 1,
    trouble: [
      { label: "stuck", text: "deltas that could be applied: 7; and it has no wake-up set", tone: "bad" },
    ],
    facts: [{ title: "standing", rows: [row("heads", "2: 1234567 89abcde"), row("deltas", "12 applied")] }],
    around: [
      { title: "peers", rows: [row("n3", "not connected, → cut")] },
      { title: "sync sessions", rows: [row("n4", "delta, transferring 3 of 9, initiator")] },
    ],
    graph: [
      { id: "ddddddd", parents: ["bbbbbbb", "ccccccc"], isHead: true, text: "n1: merge" },
      { id: "ccccccc", parents: ["aaaaaaa"], isHead: false, text: "n2: k = 2" },
      { id: "bbbbbbb", parents: ["aaaaaaa"], isHead: false, text: "n3: k = 1" },
      { id: "aaaaaaa", parents: [], isHead: false, text: "n0: genesis" },
    ],
  },
};

test("a node: what is wrong first, where it stands, its peers and sessions, and branches that merge", async () => {
  const screen = await screenOf(nodePane);
  assert.match(screen, /A? ?n2 · up\n stuck +deltas that could be applied: 7/);
  assert.match(screen, /standing +peers\n heads +2: 1234567 89abcde +n3 +not connected, → cut/);
  assert.match(screen, "delta, transferring 3 of 9, initiator");
  assert.match(
    screen,
    /◉─╮ {2}ddddddd n1: merge\n │ ● {2}ccccccc n2: k = 2\n ● │ {2}bbbbbbb n3: k = 1\n ●─╯ {2}aaaaaaa n0: genesis/,
  );
});

test("a node on a narrow screen: one part below the other, and the rest a scroll away", async () => {
  const screen = await screenOf(nodePane, 60, 16);
  assert.match(screen, /n2 · up\n stuck/);
  assert.match(screen, /↓ \d+ more/);
  assert.not.match(screen, "genesis");
  assert.match(await screenOf({ ...nodePane, scroll: 100 }, 60, 16), "n0: genesis");
});

test("links and faults: the schedule with the present marked, how many links are well, and those that are not", async () => {
  const screen = await screenOf({
    kind: "links",
    scroll: 0,
    links: {
      schedule: [
        { kind: "partition", detail: "50 | 50", fromUs: 10_000_000, untilUs: 70_000_000, when: "now" },
        { kind: "crash", detail: "n3", fromUs: 100_000_000, untilUs: 120_000_000, when: "coming" },
      ],
      counts: [row("380", "as they should be"), row("20", "cut one way")],
      links: [row("n0 – n3", "cut one way, nothing gets from n0 to n3")],
    },
  });
  assert.match(screen, /partition +50 \| 50 +10\.0–70\.0 s ·+━+│━+·+\n/);
  assert.match(screen, /crash +n3 +100\.0–120\.0 s ·+│·+━+·+\n/);
  assert.match(screen, /380 +as they should be\n 20 +cut one way\n\n n0 – n3 +cut one way, nothing gets/);
});

test("events: the latest at the bottom, the filter, and whether it follows", async () => {
  const entry = (time: string, text: string) => ({
    time,
    node: "n1",
    kind: "gossip",
    text,
    tone: "plain" as const,
  });
  const events = { entries: [entry("1.000 s", "first"), entry("2.000 s", "second")], filter: "only node n1" };
  const following = await screenOf({ kind: "events", events: { ...events, isFollowing: true } });
  assert.match(
    following,
    /events {2}only node n1 +follows\n +1\.000 s n1 +gossip +first\n +2\.000 s n1 +gossip +second/,
  );
  const still = await screenOf({ kind: "events", events: { ...events, isFollowing: false } });
  assert.match(still, "stands still, G follows");
  const none = await screenOf({ kind: "events", events: { entries: [], filter: "all", isFollowing: true } });
  assert.match(none, "none that passes");
});

test("what if: the options with the chosen one, then how far it is, then how the endings differ", async () => {
  const options = ["n0 crashed here", "whatever is wrong now were healed"];
  const whatIf = { changed: null, options, chosen: 1, comparison: null };
  assert.match(await screenOf({ kind: "what-if", whatIf }), /n0 crashed here\n ▸ whatever is wrong/);
  const running = {
    ...whatIf,
    changed: "n0 crashed here",
    comparison: { kind: "running", progress: 0.415 } as const,
  };
  assert.match(await screenOf({ kind: "what-if", whatIf: running }), "running both to their ends … 41 %");
  const rows = [
    { what: "outcome", first: "passed", second: "liveness", isEnding: true },
    { what: "events", first: "10", second: "11", isEnding: false },
  ];
  const done = { ...running, comparison: { kind: "done", rows } as const };
  const screen = await screenOf({ kind: "what-if", whatIf: done });
  assert.match(screen, /it ends differently: outcome\n +as it was +what if\n outcome +passed +liveness/);
  const same = { ...running, comparison: { kind: "done", rows: rows.slice(1) } as const };
  assert.match(await screenOf({ kind: "what-if", whatIf: same }), "it ends the same");
});

test("the help names every key of the last line, and says what the marks mean", async () => {
  const screen = await screenOf({ kind: "help", groups: helpOf("run"), scroll: 0 }, 100, 60);
  for (const { key } of hintsOf("events", "run").filter(({ key: shown }) => shown !== "1-5"))
    for (const part of key.split(" ")) assert.match(screen, part);
  assert.match(screen, "syncing; lagging");
});

test("the help of live nodes names no key that does nothing there", () => {
  const live = helpOf("live").flatMap(({ keys }) => keys.map(({ meaning }) => meaning));
  for (const meaning of live) assert.not.match(meaning, /what if|run|try what/);
  const known = helpOf("run").flatMap(({ keys }) => keys.map(({ keys: shown }) => shown));
  for (const key of ["5", "enter", "esc b"]) assert.is(known.filter((shown) => shown === key).length, 1);
});

test("the cluster: the chosen node has a mark, and a line of its own", async () => {
  const view = viewOf({ nodes: 6 }, { pane: { kind: "cluster", selected: "n1 · up · 12 deltas" } });
  const [first, ...others] = view.sides;
  const nodes = first?.nodes.map((node) => ({ ...node, isSelected: node.id === "n1" })) ?? [];
  const sides = [{ name: "A", nodes }, ...others];
  const text = renderFrame({ ...view, sides }, { columns: 100, rows: 29 }, theme);
  assert.match(text, "◆ n1");
  assert.match(text, "◆ n1 · up · 12 deltas");
});

test.run();
