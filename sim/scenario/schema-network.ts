/** The schema of the network between nodes: who is linked to whom, how slow and how lossy links are, the gossip mesh. */

import {
  byKind,
  list,
  meaning,
  nodesMax,
  numberAbove,
  object,
  oneOf,
  refer,
  type Schema,
  whole,
} from "./schema-parts.ts";

const wholeNetworkKinds = ["full", "ring", "line", "star"];
const topologyDefinitions: Readonly<Record<string, Schema>> = {
  topology: {
    ...{
      type: ["string", "object"],
      title: "a topology: { kind: full } or the like, or { links: [[n0, n1]] }",
    },
    if: { type: "object", required: ["links"] },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
    then: object({
      title: "links: { links: [[n0, n1], …] }",
      required: ["links"],
      properties: {
        kind: { const: "links" },
        links: list(
          list({ type: "string", title: "the id of a node" }, "a pair of nodes: [n0, n1]", {
            ...{ minItems: 2, maxItems: 2 },
          }),
          "a list of pairs of nodes: [[n0, n1], …]",
        ),
      },
    }),
    else: {
      if: { type: "object" },
      // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
      then: byKind("a topology: an object with a kind", ["topology-random-regular", "topology-whole"]),
      else: oneOf(["random-regular", ...wholeNetworkKinds]),
    },
  },
  "topology-random-regular": object({
    title: "{ kind: random-regular, degree? }",
    required: ["kind"],
    properties: {
      kind: { const: "random-regular" },
      degree: meaning("How many links each node has. Default 8.", whole(1, nodesMax)),
    },
  }),
  "topology-whole": object({
    title: "{ kind: full }, or ring, line, star",
    required: ["kind"],
    properties: { kind: { type: "string", enum: wholeNetworkKinds } },
  }),
};

const aboveZeroMs = numberAbove(0, 3_600_000);
const latencyFields: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  constant: { ms: refer("latencyMs") },
  uniform: { minMs: refer("latencyMs"), maxMs: refer("latencyMs") },
  exponential: { meanMs: aboveZeroMs },
  lognormal: { medianMs: aboveZeroMs, p99Ms: aboveZeroMs },
};
const latencyKinds = Object.keys(latencyFields);
const latencyDefinitions: Readonly<Record<string, Schema>> = {
  latency: byKind(
    `a distribution: an object with a kind, one of ${latencyKinds.join(", ")}`,
    latencyKinds.map((kind) => `latency-${kind}`),
  ),
  ...Object.fromEntries(
    Object.entries(latencyFields).map(([kind, fields]) => [
      `latency-${kind}`,
      object({
        title: `a ${kind} distribution: { ${["kind", ...Object.keys(fields)].join(", ")} }`,
        required: ["kind", ...Object.keys(fields)],
        properties: { kind: { const: kind }, ...fields },
      }),
    ]),
  ),
};

const network = object({
  title: "a network: an object",
  properties: {
    topology: meaning("Default: full up to 16 nodes, else random-regular of degree 8.", refer("topology")),
    latency: meaning("Of each message. Default: constant 20 ms.", refer("latency")),
    loss: meaning("The part of the gossip messages that is lost. Default 0.", refer("probability")),
    duplicate: meaning("The part that arrives twice. Default 0.", refer("probability")),
    reorder: meaning("The part that waits one more latency. Default 0.", refer("probability")),
    bandwidthKbps: meaning(
      "Of each link and direction, in thousands of bits a second. Default: no limit.",
      numberAbove(0, 1_000_000_000),
    ),
    keepalive: meaning("After this long a cut connection breaks. Default 10s.", refer("duration")),
    gossip: object({
      title: "knobs of the gossip mesh: { d?, dLow?, dHigh?, dLazy?, heartbeatMs? }",
      properties: {
        d: meaning("Mesh peers that a node wants. Default 6.", whole(1, 1_000)),
        dLow: meaning("With fewer it grafts. Default 4.", whole(0, 1_000)),
        dHigh: meaning("With more it prunes. Default 12.", whole(1, 1_000)),
        dLazy: meaning("Others it tells what it has. Default 6.", whole(0, 1_000)),
        heartbeatMs: meaning("How often the mesh is tended. Default 1000.", whole(10, 3_600_000)),
      },
    }),
  },
});

export const networkDefinitions: Readonly<Record<string, Schema>> = {
  network,
  ...topologyDefinitions,
  ...latencyDefinitions,
};
