/**
 * How styles look: in colours, or without any. Colours are told apart by the colour-blind too (after Okabe and
 * Ito); without colours a group of nodes is a letter.
 */

import { Chalk, type ChalkInstance, supportsColor } from "chalk";

export type Style =
  | "plain"
  | "bold"
  | "dim"
  | "good"
  | "warning"
  | "bad"
  | "wall"
  | "chart"
  /** A group of nodes with one root. */
  | `slot-${number}`;

export interface Theme {
  /** Whether groups are told apart by colour, and not by letter. */
  readonly hasColours: boolean;
  paint(text: string, style: Style): string;
  /** One column that stands for a node of a group. `block` is what colours fill. */
  glyph(slot: number, block: string): string;
}

/** None, 16, 256 or 16 million colours. */
export type ColourLevel = 0 | 1 | 2 | 3;

const hexPalette = ["#56b4e9", "#e69f00", "#2fbf91", "#d98cba", "#f0e442", "#9a86f0", "#c9662c", "#8fd14f"];
const basicPalette = ["cyan", "yellow", "green", "magenta", "blue", "white"] as const;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Of the terminal at stdout; NO_COLOR and FORCE_COLOR are respected, in this order. */
export function colourLevelOf(environment: NodeJS.ProcessEnv): ColourLevel {
  const { NO_COLOR } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return 0;
  return supportsColor === false ? 0 : supportsColor.level;
}

export function createTheme(level: ColourLevel): Theme {
  const chalk = new Chalk({ level });
  const slots = createSlotPainters(chalk, level);
  const painters: Readonly<Record<Exclude<Style, `slot-${number}`>, (text: string) => string>> = {
    plain: (text) => text,
    bold: chalk.bold,
    dim: chalk.dim,
    good: chalk.greenBright,
    warning: chalk.yellow,
    bad: chalk.redBright,
    wall: chalk.red,
    chart: chalk.gray,
  };
  return {
    hasColours: level > 0,
    paint(text, style) {
      if (level === 0) return text;
      if (!isSlot(style)) return painters[style](text);
      return (slots[Number(style.slice("slot-".length))] ?? chalk.gray)(text);
    },
    glyph: (slot, block) => (level > 0 ? block : (letters[slot] ?? "+")),
  };
}

/** Beyond the palette all groups are grey. */
function createSlotPainters(chalk: ChalkInstance, level: ColourLevel): readonly ChalkInstance[] {
  if (level === 1) return basicPalette.map((name) => chalk[name]);
  return hexPalette.map((hex) => chalk.hex(hex));
}

function isSlot(style: Style): style is `slot-${number}` {
  return style.startsWith("slot-");
}
