/** A frame of the terminal UI as an SVG image: the same frame gives the same bytes. */

const cell = { width: 8.4, height: 17, baseline: 13 };
const padding = 14;
const background = "#11151c";
const foreground = "#d6dae2";
/** Of the 16 colours those that the theme uses. */
const named: Readonly<Record<number, string>> = {
  31: "#d75f5f",
  33: "#d7af5f",
  90: "#7d8590",
  91: "#ff7b72",
  92: "#56d364",
};

interface Pen {
  readonly colour: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

const plain: Pen = { colour: foreground, isBold: false, isDim: false };

/** Columns and rows as the frame was drawn for. */
export function svgOf(
  frame: string,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const width = Math.ceil(columns * cell.width + 2 * padding);
  const height = rows * cell.height + 2 * padding;
  const lines = frame
    .split("\n")
    .map((line, row) => drawLine(line, padding + row * cell.height + cell.baseline));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    "<title>A frame of reconverge watch</title>",
    `<rect width="${width}" height="${height}" rx="8" fill="${background}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
    ...lines.filter((line) => line !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function drawLine(line: string, y: number): string {
  let [pen, column, drawn] = [plain, 0, ""];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for.
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith("\u001b")) pen = changed(pen, part.slice(2, -1));
    else {
      drawn += drawText(part, { pen, x: padding + column * cell.width, y });
      column += Array.from(part).length;
    }
  }
  return drawn;
}

/** Pinned to the columns it takes, whatever font there is. */
function drawText(
  text: string,
  { pen, x, y }: { readonly pen: Pen; readonly x: number; readonly y: number },
): string {
  const shown = text.trimEnd();
  const lead = shown.length - shown.trimStart().length;
  if (shown.length === lead) return "";
  const columns = Array.from(shown).length - lead;
  const attributes = [
    `x="${(x + lead * cell.width).toFixed(1)}" y="${y}"`,
    `textLength="${(columns * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs" fill="${pen.colour}"`,
    ...(pen.isBold ? ['font-weight="bold"'] : []),
    ...(pen.isDim ? ['opacity="0.6"'] : []),
  ];
  return `<text ${attributes.join(" ")}>${escapeXml(shown.slice(lead))}</text>`;
}

function changed(pen: Pen, codes: string): Pen {
  const [first = 0, ...others] = codes.split(";").map(Number);
  if (first === 38 && others[0] === 2) return { ...pen, colour: `rgb(${others.slice(1).join(",")})` };
  if (first === 0) return plain;
  if (first === 1) return { ...pen, isBold: true };
  if (first === 2) return { ...pen, isDim: true };
  if (first === 22) return { ...pen, isBold: false, isDim: false };
  return { ...pen, colour: named[first] ?? foreground };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
