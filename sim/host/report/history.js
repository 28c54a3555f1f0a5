// Draws the history of one node, and begins with the first violation. After space.js.

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
