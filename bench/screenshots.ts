/** `npm run screenshots`: draws the pictures of the terminal UI in docs/images, each from a real run. */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drawFrame } from "../adapters/tui/frame.ts";
import { WatchedRun } from "../adapters/tui/run/watched-run.ts";
import { createTheme } from "../adapters/tui/theme.ts";
import { readMoment } from "../sim/host/moment.ts";
import { loadPlanned } from "../sim/host/planned-file.ts";
import { createPlanSimulation } from "../sim/host/simulate.ts";
import { Playback } from "../sim/watch/playback.ts";
import { svgOf } from "./ansi-svg.ts";

interface Picture {
  readonly name: string;
  readonly scenario: string;
  /** Each is pressed when all is done that those before it asked for. */
  readonly keys: readonly string[];
}

const size = { columns: 100, rows: 29 };
const goTo = (time: string) => ["g", ...time, "return"];
const pictures: readonly Picture[] = [
  { name: "watch-cluster", scenario: "partition-heals", keys: [...goTo("30s"), ...goTo("34s")] },
  { name: "watch-converged", scenario: "partition-heals", keys: [...goTo("72s"), ...goTo("80s")] },
  { name: "watch-node", scenario: "one-way-cut", keys: [...goTo("20s"), "right", "return"] },
  { name: "watch-links", scenario: "one-way-cut", keys: [...goTo("20s"), "right", "3"] },
  {
    name: "watch-what-if",
    scenario: "one-way-cut",
    keys: [...goTo("20s"), "right", "5", "j", "j", "return"],
  },
];

const folder = fileURLToPath(new URL("../docs/images/", import.meta.url));
mkdirSync(folder, { recursive: true });
for (const { name, scenario, keys } of pictures) {
  const file = fileURLToPath(new URL(`../scenarios/${scenario}.yaml`, import.meta.url));
  const { plan, description } = await loadPlanned(file, { set: [] });
  const run = new WatchedRun(Playback.of(createPlanSimulation(plan)), {
    ...{ description, speed: 1, parseMoment: readMoment },
    describeResult: () => "",
  });
  run.act("pause");
  for (const key of keys) {
    run.controls.press(key);
    while (!run.work());
    run.view();
  }
  const { text } = drawFrame(run.view(), size, createTheme(3));
  writeFileSync(`${folder}${name}.svg`, svgOf(text, size));
  process.stdout.write(`docs/images/${name}.svg\n`);
}
