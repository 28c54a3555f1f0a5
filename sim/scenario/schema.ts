/**
 * The JSON Schema of scenarios (draft 7), as data. `npm run schema` writes it to `scenario.schema.json`, where
 * editors find it. Keys of the core's configuration come from `core/config.ts`, so the two cannot disagree.
 */

import { configKeys, tunables } from "../../core/config.ts";
import { probeNames } from "../../core/probes.ts";
import { faultDefinitions, faultKinds } from "./schema-faults.ts";
import { networkDefinitions } from "./schema-network.ts";
import {
  commonDefinitions,
  list,
  meaning,
  nodesMax,
  object,
  oneOf,
  refer,
  type Schema,
  text,
  whole,
} from "./schema-parts.ts";

const clock = object({
  title: "a clock: { offsetMs?, driftPpm? }",
  properties: {
    offsetMs: meaning("Added to the wall clock from the start. Default 0.", refer("clockOffset")),
    driftPpm: meaning(
      "By which both clocks run fast, or slow when below zero. Default 0.",
      refer("clockDrift"),
    ),
  },
});

const config = object({
  title: "configuration of the core: an object",
  properties: Object.fromEntries(
    configKeys.map((key) => {
      const { min, max, why, default: standard } = tunables[key];
      return [key, { description: `${why}. Default ${standard}.`, ...whole(min, max) }];
    }),
  ),
});

const node = object({
  title: "a node: { id, count?, config?, clock? }",
  required: ["id"],
  properties: {
    id: meaning("With a count, the beginning of the ids.", refer("id")),
    count: meaning("{ id: edge, count: 3 } is edge0, edge1 and edge2.", whole(1, nodesMax)),
    config: refer("config"),
    clock: refer("clock"),
  },
});

const context = object({
  title: "a context: { id, app?, members? }",
  required: ["id"],
  properties: {
    id: refer("id"),
    app: meaning("An application. Default kv-store.", text("the name of an application")),
    members: meaning("Default all.", refer("nodes")),
  },
});

const call = {
  node: meaning("Where it is called.", text("the id of a node")),
  nodes: meaning(
    "Each call goes to one of these, drawn by seed. Default: the first members of the context.",
    refer("nodes"),
  ),
  context: meaning("May be left out when there is one.", text("the id of a context")),
  method: meaning(
    "Of the context's application; or put-blob { name, bytes }, get-blob { name } or delete-blob { name }.",
    text("the name of a method"),
  ),
  args: meaning(
    "Texts in it may hold templates: {int a b} {node} {seq} {pick a b c} {zipf n} {bytes n}. " +
      "What a template gives is text. {{ stands for a brace.",
    { type: "object", title: "arguments: an object" },
  ),
};
const notBoth = { not: { required: ["node", "nodes"] } };

const workloadDefinitions: Readonly<Record<string, Schema>> = {
  workload: {
    ...{ type: "object", title: "a workload entry: { rate, method, … } or { at, method, … }" },
    if: { required: ["at"] },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
    then: refer("workload-single"),
    else: refer("workload-steady"),
  },
  "workload-single": object({
    title: "a single call: { at, method, … }",
    required: ["at", "method"],
    properties: { at: refer("duration"), ...call },
    also: notBoth,
  }),
  "workload-steady": object({
    title: "calls at a steady rate: { rate, method, … }",
    required: ["rate", "method"],
    properties: {
      rate: meaning("Of the whole entry, evenly spaced.", refer("rate")),
      from: meaning("When the first comes. Default 0.", refer("duration")),
      until: meaning("Not included. Default: the end of the run.", refer("duration")),
      ...call,
    },
    also: notBoth,
  }),
};

const expectation = object({
  title: "an expectation: one of converged, value, blob, entities, fault-counted, probe-counted",
  properties: {
    converged: object({
      title: "{ within, nodes?, context? }",
      required: ["within"],
      properties: {
        within: meaning("From the end of the last fault, or the last write if later.", refer("duration")),
        nodes: refer("nodes"),
        context: text("the id of a context"),
      },
    }),
    value: object({
      title: "{ context, key, equals, nodes? }",
      required: ["key", "equals"],
      properties: {
        context: text("the id of a context"),
        key: text("a key: text"),
        equals: meaning("Any value; null for a key that is absent.", refer("json")),
        nodes: refer("nodes"),
      },
    }),
    blob: object({
      title: "{ context, name, nodes? }",
      required: ["name"],
      properties: {
        context: text("the id of a context"),
        name: text("the name of a blob"),
        nodes: meaning("Where a client put it, or got it whole. Default: every live member.", refer("nodes")),
      },
    }),
    entities: object({
      title: "{ context, equals }",
      required: ["equals"],
      properties: { context: text("the id of a context"), equals: whole(0, Number.MAX_SAFE_INTEGER) },
    }),
    "fault-counted": object({
      title: "{ kind, atLeast }",
      required: ["kind", "atLeast"],
      properties: { kind: oneOf(faultKinds), atLeast: whole(0, Number.MAX_SAFE_INTEGER) },
    }),
    "probe-counted": object({
      title: "{ name, atLeast?, atMost? }",
      required: ["name"],
      properties: {
        name: meaning(
          "What nodes, or their disks, count.",
          oneOf([...probeNames, "disk-batches-lost", "disk-entities-lost", "disk-chunks-damaged"]),
        ),
        atLeast: whole(0, Number.MAX_SAFE_INTEGER),
        atMost: whole(0, Number.MAX_SAFE_INTEGER),
      },
      also: { anyOf: [{ required: ["atLeast"] }, { required: ["atMost"] }] },
    }),
  },
  also: { minProperties: 1, maxProperties: 1 },
});

const root = object({
  title: "a scenario: an object with at least name and nodes",
  required: ["name", "nodes"],
  properties: {
    name: text("a name", { minLength: 1, maxLength: 200 }),
    description: text("text"),
    seed: meaning("Default 1.", whole(0, Number.MAX_SAFE_INTEGER)),
    nodes: meaning("How many (n0, n1, …), or each by name.", {
      ...{ type: ["integer", "array"], title: `a number of nodes from 1 to ${nodesMax}, or a list of them` },
      ...{ minimum: 1, maximum: nodesMax, items: refer("node"), minItems: 1 },
    }),
    applications: meaning(
      "Modules that export applications made by defineApp, by their paths from the folder of this file. " +
        "The built-in applications are always there.",
      list(text("the path of a file", { minLength: 1 }), "a list of paths, such as [./shopping-list.ts]"),
    ),
    contexts: meaning(
      "Default: one, kv, of the application kv-store, with every node as a member.",
      list(refer("context"), "a list of at least one context", { minItems: 1 }),
    ),
    network: refer("network"),
    clocks: meaning("Of every node.", refer("clock")),
    disk: object({
      title: "a disk: { syncMs? }",
      properties: { syncMs: meaning("How long a sync takes. Default 1.", refer("diskSync")) },
    }),
    config: meaning("Of every node.", refer("config")),
    workload: list(refer("workload"), "a list of workload entries"),
    faults: list(refer("fault"), "a list of faults"),
    expect: list(refer("expectation"), "a list of expectations"),
    until: meaning("The hard end of virtual time. Default 120s.", refer("duration")),
    settle: meaning(
      "How long a run goes on once all have converged and all that is planned has happened. Default: to its end.",
      refer("duration"),
    ),
    $schema: text("the address of this schema"),
  },
});

export const scenarioSchema: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  ...root,
  definitions: {
    ...commonDefinitions,
    ...{ clock, config, node, context, expectation },
    ...networkDefinitions,
    ...workloadDefinitions,
    ...faultDefinitions,
  },
};
