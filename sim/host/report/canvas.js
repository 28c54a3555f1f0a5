// The report's script, in four files that are one: this, summary.js, space.js, history.js. Draws on canvases what is
// visible, and nothing else. No library, no network.
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
