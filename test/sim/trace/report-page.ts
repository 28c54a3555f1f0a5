// The page of an HTML report, as far as its script uses a browser: elements by their ids, events, and canvases that
// remember what was drawn on them. Whatever else the script asked for would not be there, and it would throw.

import { runInNewContext } from "node:vm";

/** What a canvas has been asked to draw, since it was cleared last. */
export interface Drawn {
  readonly texts: string[];
  rectangles: number;
  lines: number;
  arcs: number;
}

type Handler = (event: Record<string, unknown>) => void;

const widthOfCharacter = 6;

class Pen {
  font = "";
  textBaseline = "";
  textAlign = "";
  fillStyle = "";
  strokeStyle = "";
  globalAlpha = 1;
  lineWidth = 1;
  readonly drawn: Drawn = { texts: [], rectangles: 0, lines: 0, arcs: 0 };

  setTransform(...numbers: readonly number[]): void {
    expectNumbers(numbers);
  }

  clearRect(...numbers: readonly number[]): void {
    expectNumbers(numbers);
    Object.assign(this.drawn, { rectangles: 0, lines: 0, arcs: 0 });
    this.drawn.texts.length = 0;
  }

  fillRect(...numbers: readonly number[]): void {
    expectNumbers(numbers);
    this.drawn.rectangles += 1;
  }

  strokeRect(...numbers: readonly number[]): void {
    this.fillRect(...numbers);
  }

  fillText(text: string, ...numbers: readonly number[]): void {
    expectNumbers(numbers);
    this.drawn.texts.push(text);
  }

  measureText(text: string): { readonly width: number } {
    return { width: widthOfCharacter * text.length };
  }

  beginPath(): void {}

  stroke(): void {}

  fill(): void {}

  moveTo(...numbers: readonly number[]): void {
    expectNumbers(numbers);
  }

  lineTo(...numbers: readonly number[]): void {
    expectNumbers(numbers);
    this.drawn.lines += 1;
  }

  arc(...numbers: readonly number[]): void {
    expectNumbers(numbers);
    this.drawn.arcs += 1;
  }
}

/** A canvas draws nothing at no place, and says nothing of it. */
function expectNumbers(numbers: readonly number[]): void {
  if (!numbers.every(Number.isFinite)) throw new Error(`drawn at ${numbers.join(", ")}`);
}

export class PageElement {
  textContent = "";
  className = "";
  title = "";
  width = 0;
  height = 0;
  readonly style: Record<string, string> = {};
  readonly children: PageElement[] = [];
  readonly clientWidth = 900;
  readonly clientHeight = 200;
  readonly #pen = new Pen();
  readonly #handlers = new Map<string, Handler[]>();
  readonly name: string;
  #value: string | null = null;

  constructor(name: string) {
    this.name = name;
  }

  /** Of a list that nobody chose from it is the first. */
  get value(): string {
    return this.#value ?? this.children[0]?.value ?? "";
  }

  set value(value: string) {
    this.#value = value;
  }

  append(child: PageElement): void {
    this.children.push(child);
  }

  addEventListener(kind: string, handler: Handler): void {
    this.#handlers.set(kind, [...(this.#handlers.get(kind) ?? []), handler]);
  }

  getContext(kind: string): Pen | null {
    return this.name === "canvas" && kind === "2d" ? this.#pen : null;
  }

  setPointerCapture(): void {}

  scrollIntoView(): void {}

  /** All that is written in it and below. */
  get text(): string {
    return [this.textContent, ...this.children.map(({ text }) => text)].join("\n");
  }

  get drawn(): Drawn {
    return this.#pen.drawn;
  }

  happen(kind: string, event: Record<string, unknown> = {}): void {
    for (const handler of this.#handlers.get(kind) ?? [])
      handler({ preventDefault: () => undefined, ...event });
  }
}

export class ReportPage {
  readonly #elements = new Map<string, PageElement>();
  #frames: (() => void)[] = [];

  /** Runs the script of a report; its first frames are not drawn yet. */
  constructor(html: string) {
    for (const [, name = "", id = ""] of html.matchAll(/<(\w+)[^>]* id="(\w+)"/g))
      this.#elements.set(id, new PageElement(name));
    for (const id of ["data", "columns"]) {
      const [, content = ""] = new RegExp(`id="${id}">(.*?)</script>`, "s").exec(html) ?? [];
      this.at(id).textContent = content;
    }
    const [, script = ""] = /<script>(.*)<\/script>/s.exec(html) ?? [];
    const drawOnce = (draw: () => void) => this.#frames.push(draw);
    class ResizeObserver {
      readonly #draw: () => void;
      constructor(draw: () => void) {
        this.#draw = draw;
      }
      observe(): void {
        this.#draw();
      }
    }
    runInNewContext(script, {
      ...{ atob, ResizeObserver, requestAnimationFrame: drawOnce, window: { devicePixelRatio: 2 } },
      document: {
        title: "",
        getElementById: (id: string) => this.#elements.get(id) ?? null,
        createElement: (name: string) => new PageElement(name),
      },
    });
  }

  /** The element that the page has with this id. */
  at(id: string): PageElement {
    const element = this.#elements.get(id);
    if (element === undefined) throw new Error(`the page has no element ${id}`);
    return element;
  }

  /** Draws what is asked for, and what is asked for by that. */
  drawFrame(): void {
    while (this.#frames.length > 0) for (const draw of this.#frames.splice(0)) draw();
  }
}
