/** The schema of each kind of fault. */

import { behaviours } from "./behaviours.ts";
import {
  byKind,
  clockDriftPpmMax,
  clockOffsetMsMax,
  eitherKey,
  list,
  meaning,
  number,
  numberAbove,
  object,
  oneOf,
  refer,
  type Schema,
} from "./schema-parts.ts";

interface FaultShape {
  readonly meaning: string;
  readonly lasts: boolean;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
  readonly also?: Schema;
}

const onSomeLinks = meaning("Only links with one of these at an end. Default: every link.", refer("nodes"));
const split = {
  groups: meaning(
    "Who can still reach each other. Nodes in none of the groups form one more group together.",
    list(refer("nodes"), "a list of groups of nodes", { minItems: 1 }),
  ),
  split: meaning("The part of the nodes on one side, drawn by seed.", {
    ...{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1, title: "a number between 0 and 1" },
  }),
};

function worseLinks(text: string): FaultShape {
  const properties = { rate: refer("probability"), nodes: onSomeLinks };
  return { meaning: text, lasts: true, required: ["rate"], properties };
}

const shapes: Readonly<Record<string, FaultShape>> = {
  partition: {
    ...{ meaning: "Nothing passes between the groups.", lasts: true },
    ...{ properties: split, also: eitherKey("groups", "split") },
  },
  flap: {
    meaning: "As a partition, cut for the first half of every period.",
    ...{ lasts: true, required: ["period"] },
    properties: { ...split, period: meaning("One whole cycle.", refer("duration")) },
    also: eitherKey("groups", "split"),
  },
  oneway: {
    meaning: "Messages from one side to the other are lost, and streams between them break.",
    ...{ lasts: true, required: ["from", "to"] },
    properties: { from: refer("nodes"), to: refer("nodes") },
  },
  loss: worseLinks("This part of the gossip messages is lost, besides what the network loses anyway."),
  duplicate: worseLinks("This part of the gossip messages arrives twice."),
  reorder: worseLinks("This part of the gossip messages waits one more latency."),
  corrupt: worseLinks("This part of all that crosses a link arrives damaged, which breaks the connection."),
  latency: {
    ...{ meaning: "Links are slower.", lasts: true },
    properties: {
      addMs: meaning("Added to every latency.", refer("latencyMs")),
      latency: meaning("Takes the place of the network's.", refer("latency")),
      nodes: onSomeLinks,
    },
    also: eitherKey("addMs", "latency"),
  },
  bandwidth: {
    ...{ meaning: "Links carry less.", lasts: true, required: ["kbps"] },
    properties: { kbps: numberAbove(0, 1_000_000_000), nodes: onSomeLinks },
  },
  crash: {
    meaning: "The nodes stop at once, and start again at `until`.",
    ...{ lasts: true, required: ["nodes"] },
    properties: {
      nodes: refer("nodes"),
      disk: meaning(
        "What happens to writes that were not synced: kept, lost, or torn in the last batch. With corrupt everything " +
          "is kept but some entities of each state, which are gone unseen. With wipe the disk is empty afterwards, " +
          "with rollback what it was at some earlier moment. Default keep.",
        oneOf(["keep", "lose-unsynced", "torn", "corrupt", "wipe", "rollback"]),
      ),
      copiedAt: meaning(
        "With rollback: when the copy of each node's disk was made, in the order of the nodes. Default: drawn by seed.",
        list(refer("duration"), "a list of times, one for each node", { minItems: 1 }),
      ),
    },
  },
  pause: {
    meaning: "The nodes handle nothing; messages and writes to them wait.",
    ...{ lasts: true, required: ["nodes"], properties: { nodes: refer("nodes") } },
  },
  slow: {
    meaning: "The nodes take 0.2 ms times this factor for each input, which the others take no time for.",
    ...{ lasts: true, required: ["nodes", "factor"] },
    properties: { nodes: refer("nodes"), factor: numberAbove(0, 1_000_000) },
  },
  "disk-slow": {
    ...{ meaning: "A sync of the disks takes this long.", lasts: true, required: ["nodes", "syncMs"] },
    properties: { nodes: refer("nodes"), syncMs: refer("diskSync") },
  },
  "disk-full": {
    meaning: "No sync of the disks succeeds. A node tries six times, then stops, and is started again.",
    ...{ lasts: true, required: ["nodes"], properties: { nodes: refer("nodes") } },
  },
  "disk-fail": {
    ...{ meaning: "This part of the syncs of the disks fails.", lasts: true, required: ["nodes"] },
    properties: { nodes: refer("nodes"), rate: meaning("Default 0.5.", refer("probability")) },
  },
  byzantine: {
    meaning: "What the nodes say is edited, added to and withheld by an adversary who has their keys.",
    ...{ lasts: true, required: ["nodes", "behaviour"] },
    properties: {
      nodes: refer("nodes"),
      behaviour: meaning("One behaviour, or a list of them.", {
        if: { type: "array" },
        // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
        then: list(oneOf(behaviours), "a list of behaviours", { minItems: 1 }),
        else: oneOf(behaviours),
      }),
    },
  },
  "clock-jump": {
    ...{ meaning: "The wall clocks jump.", lasts: false, required: ["nodes", "byMs"] },
    properties: { nodes: refer("nodes"), byMs: number(-clockOffsetMsMax, clockOffsetMsMax) },
  },
  "clock-drift": {
    meaning: "Both clocks of the nodes run this much faster, or slower when below zero.",
    ...{ lasts: true, required: ["nodes", "ppm"] },
    properties: { nodes: refer("nodes"), ppm: number(-clockDriftPpmMax, clockDriftPpmMax) },
  },
  join: {
    ...{ meaning: "New nodes, with an empty disk.", lasts: false, required: ["nodes"] },
    properties: {
      nodes: meaning("New ids.", refer("nodes")),
      contexts: meaning(
        "What they become members of. Default: every context.",
        list({ type: "string", title: "the id of a context" }, "a list of ids of contexts"),
      ),
      config: meaning("Of these nodes, besides what the scenario says for all.", refer("config")),
      clock: meaning("Of these nodes, instead of what the scenario says for all.", refer("clock")),
    },
  },
  leave: {
    ...{ meaning: "The nodes go for good.", lasts: false, required: ["nodes"] },
    properties: { nodes: refer("nodes") },
  },
};

export const faultKinds: readonly string[] = Object.keys(shapes);

export const faultDefinitions: Readonly<Record<string, Schema>> = {
  ...Object.fromEntries(
    Object.entries(shapes).map(([kind, shape]) => [nameOf(kind), faultSchema(kind, shape)]),
  ),
  fault: byKind(`a fault: an object with a kind, one of ${faultKinds.join(", ")}`, faultKinds.map(nameOf)),
};

function nameOf(kind: string): string {
  return `fault-${kind}`;
}

function faultSchema(kind: string, { lasts, required = [], properties, ...shape }: FaultShape): Schema {
  const times = lasts
    ? { until: meaning("Without it: to the end of the run, and not waited for.", refer("duration")) }
    : {};
  return meaning(
    shape.meaning,
    object({
      title: `a fault of kind ${kind}`,
      required: ["kind", "at", ...required],
      properties: { kind: { const: kind }, at: refer("duration"), ...times, ...properties },
      ...(shape.also === undefined ? {} : { also: shape.also }),
    }),
  );
}
