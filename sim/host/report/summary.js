// Tells what went wrong, and what each node lacks. After canvas.js.

// What went wrong, first.
byId("title").textContent = `${data.title}, seed ${data.seed}`;
document.title = `${data.title} ${data.seed}`;
const isPassed = data.outcome === "passed";
element(
  byId("verdict"),
  "span",
  isPassed ? "passed" : `failed: ${data.outcome}`,
  isPassed ? "passed" : "failed",
);
const settled = data.convergedAtMs === null ? "never converged" : `converged at ${ms(data.convergedAtMs)}`;
const counted = Object.entries(data.counts).map(([name, value]) => `${name} ${value}`);
element(byId("verdict"), "span", ` · ${settled} · ${data.nodes.length} nodes · ${counted.join(" · ")}`);
for (const violation of data.violations.slice(0, 50)) {
  const box = element(byId("violations"), "div", "", "violation");
  element(box, "b", violation.oracle);
  const number = violation.invariant === null ? "" : `, invariant ${violation.invariant}`;
  element(
    box,
    "small",
    `  ${violation.node ?? "the cluster"} at ${ms(violation.atMs)}, event ${violation.event}${number}`,
  );
  element(box, "div", violation.message);
  box.addEventListener("click", () => showTime(violation));
}

// What people did, which a small run is told by.
for (const { atMs, node, text } of data.calls)
  element(byId("calls"), "div", `${ms(atMs).padStart(10)}  ${node}  ${text}`);
if (data.callCount === 0) byId("calls").textContent = "Nothing was called.";
if (data.callCount > data.calls.length)
  element(byId("calls"), "div", `… and ${data.callCount - data.calls.length} more calls`);

// What each node lacks, the one with a violation before all others.
const guilty = data.nodes.indexOf(data.violations[0]?.node ?? "");
const lacking = new Map();
for (const [node, lacks] of data.lacks.entries()) {
  if (lacks !== null && lacks.length === 0) continue;
  const key = lacks === null ? "down" : lacks.join();
  const group = lacking.get(key) ?? { nodes: [], lacks };
  lacking.set(key, group);
  group.nodes.push(node);
}
const groups = Array.from(lacking.values()).sort(
  (a, b) =>
    b.nodes.includes(guilty) - a.nodes.includes(guilty) || (b.lacks?.length ?? 0) - (a.lacks?.length ?? 0),
);
for (const { nodes, lacks } of groups.slice(0, 20)) {
  const ids = nodes.map((node) => data.nodes[node]);
  const who = ids.length > 12 ? `${ids.slice(0, 12).join(" ")} and ${ids.length - 12} more` : ids.join(" ");
  const what = lacks === null ? "not up" : `without ${lacks.length} of ${data.deltas.length} deltas`;
  const named = (lacks ?? []).slice(0, 4).map((position) => {
    const { id, author, atMs, context } = data.deltas[position];
    return `\n    ${id.slice(0, 16)} of ${context}, written by ${data.nodes[author]} at ${ms(atMs)}`;
  });
  const more = lacks !== null && lacks.length > 4 ? `\n    … and ${lacks.length - 4} more` : "";
  element(byId("lacks"), "div", `${who}: ${what}${named.join("")}${more}`);
}
if (groups.length === 0) byId("lacks").textContent = "No node lacks a delta.";
if (groups.length > 20) element(byId("lacks"), "div", `… and ${groups.length - 20} more groups of nodes`);

// How the node with a violation last tried to come to agree with others, up to then; without one, how any did.
const sessionsShown = 16;
const tilUs = guilty === -1 ? Number.POSITIVE_INFINITY : data.violations[0].atMs * 1000;
const guiltyWord = new RegExp(`\\b${data.nodes[guilty]?.replaceAll(/\W/g, "\\$&")}\\b`);
const sessions = [];
for (let step = columns.timesUs.length - 1; step >= 0 && sessions.length < sessionsShown; step -= 1) {
  if ((columns.flags[step] & 2) === 0 || columns.timesUs[step] > tilUs) continue;
  const isAbout =
    guilty === -1 || columns.nodes[step] === guilty || guiltyWord.test(data.labels[columns.labels[step]]);
  if (isAbout) sessions.unshift(step);
}
byId("syncing").textContent = guilty === -1 ? "of all" : `of ${data.nodes[guilty]} before the violation`;
for (const step of sessions) {
  const text = `${ms(columns.timesUs[step] / 1000).padStart(10)}  ${data.nodes[columns.nodes[step]]}  ${data.labels[columns.labels[step]]}`;
  element(byId("sessions"), "div", text).addEventListener("click", () => choose(step));
}
if (sessions.length === 0) byId("sessions").textContent = "There were none.";
