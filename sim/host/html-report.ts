/** One HTML file that shows a run: the page of `report/`, with its style, its script and the run's data in it. */

import { readFileSync } from "node:fs";
import type { History } from "../trace/history.ts";
import { type ReportColumns, reportData } from "../trace/report-data.ts";

/** A checkout has the page beside this file, a package above the compiled copy. */
const folder = new URL(
  import.meta.url.endsWith(".ts") ? "./report/" : "../../../sim/host/report/",
  import.meta.url,
);

/** One script, in the order in which they need each other. */
const scripts = ["canvas.js", "summary.js", "space.js", "history.js"];

export function htmlReport(history: History): string {
  const { data, columns } = reportData(history);
  const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
  const parts: Readonly<Record<string, string>> = {
    STYLE: read("page.css"),
    DATA: inScript(JSON.stringify(data)),
    COLUMNS: packed(columns),
    SCRIPT: scripts.map(read).join("\n"),
  };
  // A function, so that "$" in a part stands for itself.
  return read("page.html").replaceAll(/\/\*([A-Z]+)\*\//g, (mark, name: string) => parts[name] ?? mark);
}

/** JSON that cannot end the element it stands in, whatever its texts say. */
export function inScript(json: string): string {
  return json.replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The columns one after the other, in the order in which the page reads them: 32 bytes a step. */
function packed(columns: ReportColumns): string {
  const { timesUs, nodes, kinds, causes, labels, events, flags } = columns;
  const parts = [timesUs, nodes, kinds, causes, labels, events, flags];
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  ).toString("base64");
}
