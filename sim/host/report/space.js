// Draws faults and convergence, and space and time. After summary.js.

// Both time axes show the same range.
const shown = { from: 0, to: endUs };
const left = 64;
const xOf = (timeUs, width) => left + ((timeUs - shown.from) / (shown.to - shown.from)) * (width - left);
let chosen = -1;
let chain = [];

const timeline = byId("timeline");
const faultRows = Math.max(1, Math.min(data.faults.length, 5));
const faultTop = (index) => 4 + (index % faultRows) * 13;
/** A short one has room for its name. */
const labelWidth = (from, to) => Math.max(90, to - from - 6);
const faultText = ({ kind, about }) => `${kind} ${about}`;

/** As much of a text as is that wide. */
function fitted(pen, text, width) {
  const whole = pen.measureText(text).width;
  return whole <= width
    ? text
    : `${text.slice(0, Math.max(1, Math.floor((text.length * width) / whole) - 1))}…`;
}

const drawTimeline = surface(timeline, (pen, width) => {
  pen.fillStyle = "#68727f";
  pen.fillText("faults", 6, 12);
  data.faults.forEach((fault, index) => {
    const [from, to] = [xOf(fault.fromMs * 1000, width), xOf(fault.toMs * 1000, width)];
    if (to < left || from > width) return;
    const y = faultTop(index);
    pen.fillStyle = "#f3c9a5";
    pen.fillRect(Math.max(left, from), y, Math.max(2, Math.min(to, width) - Math.max(left, from)), 11);
    pen.fillStyle = "#1c2330";
    const room = labelWidth(Math.max(left, from), Math.min(to, width));
    pen.fillText(fitted(pen, faultText(fault), room), Math.max(left, from) + 3, y + 6);
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

// All of what does not fit.
timeline.addEventListener("pointermove", ({ offsetX, offsetY }) => {
  const isAt = ({ fromMs, toMs }, index) => {
    const [from, to] = [fromMs, toMs].map((timeMs) => xOf(timeMs * 1000, timeline.clientWidth));
    const end = from + labelWidth(from, to) + 6;
    return offsetX >= from && offsetX <= end && offsetY >= faultTop(index) && offsetY < faultTop(index) + 13;
  };
  timeline.title = data.faults.filter(isAt).map(faultText).join("\n");
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
    const tall = (columns.flags[step] & 1) === 1 ? size * 1.6 : size;
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
