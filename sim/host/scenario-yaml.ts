/** Scenarios as YAML that people read: a line for each call, fault, context and expectation. */

import { Document, isCollection, isMap, isSeq } from "yaml";
import type { Scenario } from "../scenario/scenario.ts";

const keyOrder: readonly string[] = [
  ...[
    "name",
    "description",
    "seed",
    "nodes",
    "applications",
    "contexts",
    "network",
    "clocks",
    "disk",
    "config",
  ],
  ...["workload", "faults", "expect", "until"],
];
const lineWidth = 110;

/** `comment`: lines to put above. It reads back as the same data. */
export function scenarioYaml(scenario: Scenario, comment: readonly string[] = []): string {
  const entries = Object.entries(scenario).sort(([a], [b]) => keyOrder.indexOf(a) - keyOrder.indexOf(b));
  const document = new Document(Object.fromEntries(entries), { aliasDuplicateObjects: false });
  document.commentBefore = comment.map((line) => ` ${line}`).join("\n");
  if (isMap(document.contents)) {
    for (const { value } of document.contents.items) {
      if (isSeq(value)) for (const item of value.items) flow(item);
      else flow(value);
    }
  }
  return document.toString({ lineWidth, flowCollectionPadding: true });
}

function flow(value: unknown): void {
  if (isCollection(value)) value.flow = true;
}
