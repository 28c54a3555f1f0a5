/**
 * What drawing costs: a run of 100 nodes in its partition, shown ten times a second in each pane, with the run going on
 * in between. Processor time of the frames alone: sampling, composing, and Ink's part of bringing them out.
 */

import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { drawFrame } from "../adapters/tui/frame.ts";
import { WatchedRun } from "../adapters/tui/run/watched-run.ts";
import { createTheme } from "../adapters/tui/theme.ts";
import { loadPlanned } from "../sim/host/planned-file.ts";
import { createPlanSimulation } from "../sim/host/simulate.ts";
import { Playback } from "../sim/watch/playback.ts";
import { row, spread } from "./figures.ts";

const framesPerSecond = 10;
/** Of each pane: until what is run often is compiled, and then those that count. */
const framesBefore = 10;
const frames = 30;
const frameUs = 100_000;
const fromUs = 12_000_000;
/** Ink brings out at most 30 frames a second, so a frame is out after this. */
const outMs = 40;

export async function benchWatch(): Promise<void> {
  const { plan, description } = await loadPlanned("scenarios/partition-heals.yaml", { set: [] });
  const playback = Playback.of(createPlanSimulation(plan));
  const run = new WatchedRun(playback, {
    ...{ description, speed: 1, parseMoment: () => null },
    describeResult: () => "",
  });
  // As the command does it: React's development build takes about twice as long.
  process.env.NODE_ENV ??= "production";
  const { mountScreen } = await import("../adapters/tui/screen.ts");
  const size = { columns: 100, rows: 30 };
  const theme = createTheme(3);
  const stdout = Object.assign(new PassThrough(), { ...size, isTTY: true }) as unknown as NodeJS.WriteStream;
  stdout.resume();
  const screen = mountScreen(stdout, () => undefined);
  playback.advance(fromUs, () => false);
  for (const [key, pane] of Object.entries({ 1: "cluster", 2: "node", 3: "links", 4: "events" })) {
    run.controls.press(key);
    const tookMs: number[] = [];
    for (let frame = -framesBefore; frame < frames; frame += 1) {
      playback.advance(playback.nowUs + frameUs, () => false);
      const before = process.cpuUsage();
      screen.show(drawFrame(run.view(), size, theme).text);
      await sleep(outMs);
      const { user, system } = process.cpuUsage(before);
      if (frame >= 0) tookMs.push((user + system) / 1_000);
    }
    row(`ms of processor time a frame, ${pane}`, spread(tookMs, 1));
    const total = tookMs.reduce((sum, each) => sum + each, 0);
    row("  % of one core at 10 frames a second", ((total / frames) * framesPerSecond * 0.1).toFixed(1));
  }
  await screen.unmount();
}
