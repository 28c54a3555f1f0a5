// What is drawn of a run holds together: every message that arrives was sent, clocks go up, texts stay texts.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { recordHistory } from "../../../sim/host/export-trace.ts";
import { htmlReport, inScript } from "../../../sim/host/html-report.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { mermaid } from "../../../sim/trace/mermaid.ts";
import { perfetto } from "../../../sim/trace/perfetto.ts";
import { reportData } from "../../../sim/trace/report-data.ts";
import { select } from "../../../sim/trace/selection.ts";
import { shiviz, shivizExpression } from "../../../sim/trace/shiviz.ts";
import { breezy } from "../small-plans.ts";

/** Ends with a partition, and with texts that are syntax elsewhere. */
const evil = "</script><img src=x onerror=alert(1)> %%; A->>B: \u2028 #59; */ $& \"'`\n";
const failing: Scenario = {
  ...breezy,
  name: `breezy ${evil}`,
  workload: [
    ...(breezy.workload ?? []),
    { at: "5s", node: "n0", context: "kv", method: "set", args: { key: evil, value: evil } },
  ],
  faults: [...(breezy.faults ?? []), { at: "5s", kind: "partition", groups: ["n0", "n1..n5"] }],
  expect: [{ converged: { within: "1s" } }],
};
const history = recordHistory(planOf(failing, 3));
const everything = select(history, { stepsMax: 1e6, nodesMax: 1e6 });

interface TraceEvent {
  readonly ph: string;
  readonly id?: number;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly name: string;
}

test("a history joins messages with the steps that sent them, which came before and on other nodes", () => {
  const sent = history.steps.filter(({ cause }) => cause !== -1);
  assert.ok(sent.length > 200, `only ${sent.length} messages`);
  for (const kind of ["gossip", "stream-frame"] as const) {
    const all = history.steps.filter((step) => step.kind === kind);
    const joined = all.filter(({ cause }) => cause !== -1);
    assert.is(
      joined.length,
      all.length,
      `${all.length - joined.length} of ${all.length} ${kind} came from nowhere`,
    );
  }
  for (const { cause, node, timeUs } of sent) {
    const sender = history.steps[cause];
    assert.ok(sender !== undefined && sender.timeUs <= timeUs && sender.node !== node);
  }
});

test("Perfetto: every flow that starts ends, later, in a slice of another track; slices of a track do not cross", () => {
  const { traceEvents } = JSON.parse([...perfetto(history)].join("")) as {
    traceEvents: readonly TraceEvent[];
  };
  const [starts, ends] = ["s", "f"].map((ph) => traceEvents.filter((event) => event.ph === ph));
  assert.ok(starts !== undefined && ends !== undefined && starts.length > 200);
  assert.equal(
    starts.map(({ id }) => id),
    ends.map(({ id }) => id),
  );
  const slices = traceEvents.filter(({ ph, pid }) => ph === "X" && pid === 1);
  assert.is(slices.length, history.steps.length);
  const places = new Set(slices.map(({ tid, ts }) => `${tid}@${ts}`));
  for (const [index, start] of starts.entries()) {
    const end = ends[index] as TraceEvent;
    assert.ok(end.ts >= start.ts && end.tid !== start.tid);
    assert.ok(places.has(`${start.tid}@${start.ts}`) && places.has(`${end.tid}@${end.ts}`));
  }
  const endsAt = new Map<number, { ts: number; end: number }>();
  for (const { tid, ts, dur = 0 } of slices) {
    const last = endsAt.get(tid);
    assert.ok(
      last === undefined || ts === last.ts || ts >= last.end,
      `slices of track ${tid} cross at ${ts}`,
    );
    endsAt.set(tid, { ts, end: ts + dur });
  }
  const counters = new Set(traceEvents.filter(({ ph }) => ph === "C").map(({ name }) => name));
  assert.equal([...counters].sort(), ["distinct heads", "pending deltas"]);
});

test("ShiViz: the log is read by its first expression, each host counts its own lines, and clocks only go up", () => {
  const log = [...shiviz(history, everything)].join("");
  const lines = Array.from(log.matchAll(new RegExp(shivizExpression, "g")), ({ groups }) => groups ?? {});
  assert.is(lines.length, everything.steps.size);
  assert.is(log.split("\n").length, 2 * lines.length + 1);
  const clocks = new Map<string, Record<string, number>>();
  let merged = 0;
  for (const { host = "", clock = "" } of lines) {
    const now = JSON.parse(clock) as Record<string, number>;
    const before = clocks.get(host) ?? {};
    assert.is(now[host], (before[host] ?? 0) + 1);
    for (const [other, count] of Object.entries(now)) {
      assert.ok(count >= (before[other] ?? 0), `the clock of ${host} went back`);
      assert.ok(
        other === host || count <= (clocks.get(other)?.[other] ?? 0),
        `${host} knows of what was not yet`,
      );
      merged += Number(other !== host && count > (before[other] ?? 0));
    }
    clocks.set(host, now);
  }
  assert.ok(merged > 50, "hosts hear from each other");
});

test("Mermaid: every line is a participant, a note or a message between participants, and no text is syntax", () => {
  const small = select(history, { stepsMax: 60, nodesMax: 4 });
  assert.match(
    small.cut ?? "",
    /^cut to 60 of \d+ telling steps, those up to the first violation .* on 4 of 7 nodes$/,
  );
  const [head, ...lines] = [...mermaid(history, small)].join("").trimEnd().split("\n");
  assert.is(head, "sequenceDiagram");
  const participants = lines.flatMap((line) => /^ {2}participant (p\d+) as [\w.-]+$/.exec(line)?.[1] ?? []);
  assert.is(participants.length, 4);
  const text = /^(?:[\w .,:()/=+-]|#\d+;)*$/;
  for (const line of lines) {
    if (/^ {2}(?:participant|%%) /.test(line)) continue;
    const said = /^ {2}(?:Note over )?(p\d+)(?:(?:,|-\)|->>)(p\d+))?: (.*)$/.exec(line);
    assert.ok(said !== null, line);
    const [, from = "", to = from, words = ""] = said;
    assert.ok(participants.includes(from) && participants.includes(to), line);
    assert.match(words, text);
  }
});

test("a small picture keeps what led to the first violation, and the node it names", () => {
  const { steps, nodes } = select(history, { stepsMax: 30, nodesMax: 2 });
  const [violation] = history.violations;
  assert.ok(nodes.some((node) => history.plan.nodes[node]?.id === violation?.node));
  const latest = Math.max(...Array.from(steps.values(), ({ timeUs }) => timeUs));
  assert.ok(latest <= (violation?.atMs ?? 0) * 1_000);
});

test("HTML: one file that asks for nothing from outside, with no text of the run as markup", () => {
  const html = htmlReport(history);
  assert.not.match(html, /<img/);
  assert.match(html, /default-src 'none'/);
  assert.is(html.match(/<\/script>/g)?.length, 3);
  const [, json = ""] = /id="data">(.*?)<\/script>/s.exec(html) ?? [];
  // The run's own texts are data, whatever they say.
  assert.not.match(
    html.replace(json, ""),
    /\b(?:src|href)\s*=|https?:\/\/|@import|url\(|fetch\(|\/\*[A-Z]+\*\//,
  );
  const { data, columns } = reportData(history);
  assert.equal(JSON.parse(json), JSON.parse(JSON.stringify(data)));
  const [, packed = ""] = /id="columns">(.*?)<\/script>/s.exec(html) ?? [];
  assert.is(Buffer.from(packed, "base64").length, 32 * columns.timesUs.length);
  const sessions = history.steps.filter((_, step) => ((columns.flags[step] ?? 0) & 2) !== 0);
  assert.ok(sessions.some(({ label }) => /chooses delta-|starts a sync session/.test(label)));
  assert.ok(sessions.every(({ kind }) => kind !== "gossip"));
  assert.is(JSON.parse(inScript(JSON.stringify(evil))), evil);
});

test("what nodes lack is what the others wrote beyond the cut", () => {
  const n0 = history.lacks[0] ?? [];
  assert.ok(n0.length > 0);
  for (const position of n0) assert.is.not(history.deltas[position]?.author, 0);
  const { deltas, steps } = history;
  for (const { parents, step } of deltas) {
    assert.ok(steps[step]?.isCommit);
    for (const parent of parents) assert.ok((deltas[parent]?.step ?? Number.NaN) <= step);
  }
});

test.run();
