// The report's own script: draws on canvases what is visible, and nothing else. No library, no network.
// Text of a run reaches the page through textContent and fillText only.

const data = JSON.parse(document.getElementById("data").textContent);
const columns = readColumns(document.getElementById("columns").textContent.trim());
const count = columns.timesUs.length;
const endUs = Math.max(data.untilMs * 1000, 1);
const palette = ["#3566c8", "#c2571a", "#3a8a4d", "#8a4fb5", "#b03060", "#7a6a2f", "#2b8c99", "#555e6b"];
const colourOf = (kind) => palette[kind % palette.length];
const byId = (id) => document.getElementById(id);

function readColumns(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  const rows = bytes.byteLength / 32;
  let offset = 0;
  const take = (Type) => {
    const column = new Type(bytes, offset, rows);
    offset += rows * Type.BYTES_PER_ELEMENT;
    return column;
  };
  return {
    timesUs: take(Float64Array),
    nodes: take(Uint32Array),
    kinds: take(Uint32Array),
    causes: take(Int32Array),
    labels: take(Uint32Array),
    events: take(Uint32Array),
    flags: take(Uint32Array),
  };
}

/** The first step that is due at this time or later. */
function firstAt(timeUs) {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns.timesUs[middle] < timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function element(parent, name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  parent.append(made);
  return made;
}

function ms(value) {
  return `${(value / 1000).toFixed(3)} s`;
}

/** A canvas in device pixels, drawn at most once a frame. */
function surface(canvas, draw) {
  const pen = canvas.getContext("2d");
  let isAsked = false;
  const redraw = () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      const ratio = window.devicePixelRatio || 1;
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
      if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.font = "11px system-ui, sans-serif";
      pen.textBaseline = "middle";
      draw(pen, width, height);
    });
  };
  new ResizeObserver(redraw).observe(canvas);
  return redraw;
}

/** A range along x that the wheel zooms and dragging moves. */
function zoomable(canvas, range, { left, changed, clicked }) {
  const limit = { from: range.from, to: range.to };
  const set = (from, to) => {
    const size = Math.min(Math.max(to - from, (limit.to - limit.from) / 1e7), limit.to - limit.from);
    range.from = Math.min(Math.max(from, limit.from), limit.to - size);
    range.to = range.from + size;
    changed();
  };
  const zoom = (factor, at) => set(at - (at - range.from) * factor, at + (range.to - at) * factor);
  const at = (x) => range.from + ((x - left) / (canvas.clientWidth - left)) * (range.to - range.from);
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(Math.sign(event.deltaY) * 0.25), at(event.offsetX));
    },
    { passive: false },
  );
  let dragged = null;
  canvas.addEventListener("pointerdown", (event) => {
    dragged = { x: event.offsetX, from: range.from, to: range.to, isFar: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (dragged === null) return;
    const by = ((dragged.x - event.offsetX) / (canvas.clientWidth - left)) * (dragged.to - dragged.from);
    if (Math.abs(dragged.x - event.offsetX) > 3) dragged.isFar = true;
    if (dragged.isFar) set(dragged.from + by, dragged.to + by);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (dragged !== null && !dragged.isFar) clicked(event.offsetX, event.offsetY);
    dragged = null;
  });
  canvas.addEventListener("keydown", (event) => {
    const middle = (range.from + range.to) / 2;
    const step = (range.to - range.from) / 5;
    const actions = {
      "+": () => zoom(0.7, middle),
      "-": () => zoom(1.4, middle),
      0: () => set(limit.from, limit.to),
      ArrowLeft: () => set(range.from - step, range.to - step),
      ArrowRight: () => set(range.from + step, range.to + step),
    };
    if (actions[event.key] === undefined) return;
    event.preventDefault();
    actions[event.key]();
  });
  return set;
}

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

// Both time axes show the same range.
const shown = { from: 0, to: endUs };
const left = 64;
const xOf = (timeUs, width) => left + ((timeUs - shown.from) / (shown.to - shown.from)) * (width - left);
let chosen = -1;
let chain = [];

const drawTimeline = surface(byId("timeline"), (pen, width) => {
  const rows = Math.max(1, Math.min(data.faults.length, 5));
  pen.fillStyle = "#68727f";
  pen.fillText("faults", 6, 12);
  data.faults.forEach((fault, index) => {
    const [from, to] = [xOf(fault.fromMs * 1000, width), xOf(fault.toMs * 1000, width)];
    if (to < left || from > width) return;
    const y = 4 + (index % rows) * 13;
    pen.fillStyle = "#f3c9a5";
    pen.fillRect(Math.max(left, from), y, Math.max(2, Math.min(to, width) - Math.max(left, from)), 11);
    pen.fillStyle = "#1c2330";
    pen.fillText(`${fault.kind} ${fault.about}`.slice(0, 120), Math.max(left, from) + 3, y + 6);
  });
  const series = (index, { top, height, colour, name }) => {
    const peak = data.samples.reduce((max, sample) => Math.max(max, sample[index]), 1);
    pen.strokeStyle = colour;
    pen.fillStyle = colour;
    pen.fillText(`${name}`, 6, top + 6, left - 8);
    pen.fillText(`≤ ${peak}`, 6, top + 19, left - 8);
    pen.beginPath();
    let [y, lastX] = [top + height, left];
    for (const sample of data.samples) {
      const x = Math.max(left, xOf(sample[0] * 1000, width));
      if (x > width) break;
      pen.lineTo(x, y);
      y = top + height - (sample[index] / peak) * height;
      pen.lineTo(x, y);
      lastX = x;
    }
    pen.lineTo(Math.max(lastX, width), y);
    pen.stroke();
  };
  series(2, { top: 74, height: 30, colour: "#3566c8", name: "heads" });
  series(1, { top: 112, height: 30, colour: "#8a4fb5", name: "pending" });
  marks(pen, width, 150);
});

function marks(pen, width, height) {
  const line = (timeMs, colour) => {
    const x = xOf(timeMs * 1000, width);
    if (x < left || x > width) return;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(x, 0);
    pen.lineTo(x, height);
    pen.stroke();
  };
  for (const violation of data.violations.slice(0, 50)) line(violation.atMs, "#c62828");
  if (data.convergedAtMs !== null) line(data.convergedAtMs, "#2e7d32");
}

const space = byId("space");
const axisHeight = 22;
const rowHeight = Math.max(8, Math.min(34, 700 / data.nodes.length));
space.style.height = `${axisHeight + rowHeight * data.nodes.length + 8}px`;
const yOf = (node) => axisHeight + rowHeight * (node + 0.5);

const drawSpace = surface(space, (pen, width, height) => {
  drawAxis(pen, width);
  drawRows(pen, width);
  const [first, end] = [firstAt(shown.from), firstAt(shown.to)];
  // Where more steps lie than can be told apart, each pixel of a row is drawn once.
  const isDense = end - first > 6000;
  const messages = isDense ? Math.ceil((end - first) / 4000) : 1;
  pen.globalAlpha = isDense ? 0.25 : 0.45;
  pen.strokeStyle = "#7d8794";
  pen.beginPath();
  for (let step = first; step < end; step += messages) {
    const cause = columns.causes[step];
    if (cause < 0) continue;
    pen.moveTo(xOf(columns.timesUs[cause], width), yOf(columns.nodes[cause]));
    pen.lineTo(xOf(columns.timesUs[step], width), yOf(columns.nodes[step]));
  }
  pen.stroke();
  pen.globalAlpha = 1;
  const lastX = new Int32Array(data.nodes.length).fill(-1);
  const size = Math.max(2, Math.min(5, rowHeight / 3));
  for (let step = first; step < end; step += 1) {
    const x = Math.round(xOf(columns.timesUs[step], width));
    const node = columns.nodes[step];
    if (isDense && lastX[node] === x) continue;
    lastX[node] = x;
    pen.fillStyle = colourOf(columns.kinds[step]);
    const tall = columns.flags[step] === 1 ? size * 1.6 : size;
    pen.fillRect(x - size / 2, yOf(node) - tall / 2, size, tall);
  }
  drawChain(pen, width);
  marks(pen, width, height);
  if (isDense) {
    pen.fillStyle = "#fff";
    pen.fillRect(width - 330, 0, 330, 18);
    pen.fillStyle = "#68727f";
    pen.textAlign = "right";
    pen.fillText(`${end - first} steps, one in ${messages} messages: zoom in for all`, width - 6, 9);
    pen.textAlign = "left";
  }
});

function drawAxis(pen, width) {
  const size = shown.to - shown.from;
  const raw = size / 10;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw);
  pen.fillStyle = "#68727f";
  pen.strokeStyle = "#eceff3";
  for (let at = Math.ceil(shown.from / step) * step; at <= shown.to; at += step) {
    const x = xOf(at, width);
    pen.beginPath();
    pen.moveTo(x, 0);
    pen.lineTo(x, axisHeight + rowHeight * data.nodes.length);
    pen.stroke();
    pen.fillText(
      step >= 1e5 ? `${(at / 1e6).toFixed(1)} s` : `${(at / 1e3).toFixed(step >= 1e3 ? 0 : 3)} ms`,
      x + 3,
      9,
    );
  }
}

function drawRows(pen, width) {
  const every = Math.ceil(11 / rowHeight);
  data.nodes.forEach((id, node) => {
    pen.strokeStyle = node === guilty ? "#f0b4b0" : "#eceff3";
    pen.beginPath();
    pen.moveTo(left, yOf(node));
    pen.lineTo(width, yOf(node));
    pen.stroke();
    pen.fillStyle = node === guilty ? "#c62828" : "#1c2330";
    if (node % every === 0 || node === guilty) pen.fillText(id, 6, yOf(node), left - 10);
  });
}

/** How the chosen step came about: the messages before it, back to where they began. */
function drawChain(pen, width) {
  pen.strokeStyle = "#c62828";
  pen.lineWidth = 2;
  pen.beginPath();
  for (const step of chain) {
    const cause = columns.causes[step];
    if (cause < 0) continue;
    pen.moveTo(xOf(columns.timesUs[cause], width), yOf(columns.nodes[cause]));
    pen.lineTo(xOf(columns.timesUs[step], width), yOf(columns.nodes[step]));
  }
  pen.stroke();
  pen.lineWidth = 1;
  if (chosen < 0) return;
  pen.strokeRect(xOf(columns.timesUs[chosen], width) - 5, yOf(columns.nodes[chosen]) - 7, 10, 14);
}

function choose(step) {
  chosen = step;
  chain = [];
  for (let at = step; at >= 0 && chain.length < 40; at = columns.causes[at]) chain.push(at);
  const lines = chain.map((at, index) => {
    const place = `${data.nodes[columns.nodes[at]]} at ${(columns.timesUs[at] / 1000).toFixed(3)} ms, event ${columns.events[at]}`;
    return `${index === 0 ? "" : "  sent by  "}${place}: ${data.labels[columns.labels[at]]}`;
  });
  byId("step").textContent = lines.join("\n");
  drawSpace();
}

const setShown = zoomable(space, shown, {
  left,
  changed: () => {
    drawSpace();
    drawTimeline();
  },
  clicked: (x, y) => {
    const node = Math.floor((y - axisHeight) / rowHeight);
    const perPixel = (shown.to - shown.from) / (space.clientWidth - left);
    const timeUs = shown.from + (x - left) * perPixel;
    let best = -1;
    for (let step = firstAt(timeUs - 12 * perPixel); step < firstAt(timeUs + 12 * perPixel); step += 1) {
      if (columns.nodes[step] !== node) continue;
      const isNearer =
        best < 0 || Math.abs(columns.timesUs[step] - timeUs) < Math.abs(columns.timesUs[best] - timeUs);
      if (isNearer) best = step;
    }
    if (best >= 0) choose(best);
  },
});

/** The last step, of the node that is named if one is, at or before the violation. */
function stepOf({ atMs, node }) {
  const named = data.nodes.indexOf(node ?? "");
  let step = firstAt(atMs * 1000 + 0.5) - 1;
  while (step > 0 && named !== -1 && columns.nodes[step] !== named) step -= 1;
  return step;
}

function showTime(violation) {
  const size = Math.min(endUs, 2e6);
  setShown(violation.atMs * 1000 - size * 0.8, violation.atMs * 1000 + size * 0.2);
  choose(stepOf(violation));
  space.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

// The history of one node.
const contexts = Array.from(new Set(data.deltas.map(({ context }) => context)));
for (const [index, id] of data.nodes.entries()) element(byId("node"), "option", id).value = String(index);
for (const context of contexts) element(byId("context"), "option", context).value = context;
byId("node").value = String(Math.max(0, guilty === -1 ? (groups[0]?.nodes[0] ?? 0) : guilty));
const dag = byId("dag");
const dagRange = { from: 0, to: 1 };
let view = { deltas: [], rank: new Map(), rows: new Map(), lacks: new Set() };

function layOutDag() {
  const context = byId("context").value;
  const deltas = Array.from(data.deltas.keys()).filter(
    (position) => data.deltas[position].context === context,
  );
  const authors = Array.from(new Set(deltas.map((position) => data.deltas[position].author))).sort(
    (a, b) => a - b,
  );
  const rank = new Map(deltas.map((position, index) => [position, (index + 0.5) / deltas.length]));
  const rows = new Map(authors.map((author, index) => [author, index]));
  view = { deltas, rank, rows, lacks: new Set(data.lacks[Number(byId("node").value)] ?? []) };
  dag.style.height = `${Math.min(700, Math.max(80, authors.length * 18 + 16))}px`;
  drawDag();
}

const dagX = (position, width) =>
  left + ((view.rank.get(position) - dagRange.from) / (dagRange.to - dagRange.from)) * (width - left - 10);
const dagY = (position, height) =>
  8 + ((view.rows.get(data.deltas[position].author) + 0.5) / view.rows.size) * (height - 16);

const drawDag = surface(dag, (pen, width, height) => {
  const total = view.deltas.length;
  const [from, to] = [Math.floor(dagRange.from * total), Math.ceil(dagRange.to * total)];
  const visible = view.deltas.slice(Math.max(0, from - 1), to + 1);
  for (const [author, row] of view.rows) {
    if (view.rows.size > 60 && row % Math.ceil(view.rows.size / 40) !== 0) continue;
    pen.fillStyle = "#68727f";
    pen.fillText(data.nodes[author], 6, 8 + ((row + 0.5) / view.rows.size) * (height - 16), left - 10);
  }
  pen.strokeStyle = "#b9c1cb";
  pen.globalAlpha = visible.length > 3000 ? 0.3 : 0.8;
  pen.beginPath();
  for (const position of visible) {
    for (const parent of data.deltas[position].parents) {
      if (!view.rank.has(parent)) continue;
      pen.moveTo(dagX(parent, width), dagY(parent, height));
      pen.lineTo(dagX(position, width), dagY(position, height));
    }
  }
  pen.stroke();
  pen.globalAlpha = 1;
  const size = visible.length > 1500 ? 2 : 4;
  for (const position of visible) {
    const [x, y] = [dagX(position, width), dagY(position, height)];
    if (x < left) continue;
    pen.beginPath();
    pen.arc(x, y, size, 0, 2 * Math.PI);
    if (view.lacks.has(position)) {
      pen.strokeStyle = "#c62828";
      pen.stroke();
    } else {
      pen.fillStyle = data.deltas[position].kind === "merge" ? "#8a4fb5" : "#3566c8";
      pen.fill();
    }
  }
});

zoomable(dag, dagRange, {
  left,
  changed: drawDag,
  clicked: (x, y) => {
    const far = (position) =>
      Math.hypot(dagX(position, dag.clientWidth) - x, dagY(position, dag.clientHeight) - y);
    const [nearest] = view.deltas.toSorted((a, b) => far(a) - far(b));
    if (nearest === undefined) return;
    const { id, author, atMs, kind, parents } = data.deltas[nearest];
    const has = view.lacks.has(nearest) ? "LACKS it" : "has it";
    const said = parents.map((parent) => data.deltas[parent].id.slice(0, 16)).join(" ") || "none";
    byId("delta").textContent =
      `${id}\n${kind} by ${data.nodes[author]} at ${ms(atMs)}; this node ${has}; parents ${said}`;
  },
});
byId("node").addEventListener("change", layOutDag);
byId("context").addEventListener("change", layOutDag);
layOutDag();
if (data.violations.length > 0 && count > 0) choose(stepOf(data.violations[0]));
