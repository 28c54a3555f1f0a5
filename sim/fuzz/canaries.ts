/**
 * Mistakes planted on purpose, in the world around a sound core, to show that the oracles are awake: a session of
 * fuzzing in which one of them is missed proves nothing by passing. Each is planted from outside, in a disk, in the
 * network, in an application or in the nodes of one run; the core that is fuzzed is not touched.
 */

import type { Application } from "../../core/app/application.ts";
import { defineApp } from "../../core/app/define-app.ts";
import { register } from "../../core/app/fields/register.ts";
import type { DeltaId } from "../../core/ids.ts";
import { isJsonObject } from "../../core/json.ts";
import type { Governance } from "../../core/members/governance.ts";
import { storeKeys } from "../../core/store-keys.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Simulation } from "../simulation.ts";
import type { SimDisk } from "../world/disk.ts";

export interface Canary {
  /** What is planted, in words. */
  readonly name: string;
  /** Who must report it. */
  readonly oracle: string;
  readonly scenario: Scenario;
  readonly applications?: readonly Application[];
  /** Does it, at this moment of virtual time. */
  readonly plant?: { readonly atMs: number; readonly act: (simulation: Simulation) => void };
}

const writes: Scenario = {
  ...{ name: "canary", nodes: 3, until: "4s" },
  workload: [{ rate: "5/s", until: "2s", method: "set", args: { key: "k{seq}", value: "{node}" } }],
};

/** What people see depends on who heard last: the mistake that handlers must not make. */
const lastHeard = defineApp({
  name: "last-heard",
  state: { last: register<string>() },
  methods: {
    say(_state, _args, { author, timeMs, emit }) {
      emit("said", { text: `${author} at ${timeMs}` }, "hear");
    },
  },
  views: {},
  handlers: {
    hear({ last }, content) {
      if (isJsonObject(content)) last.set(String(content.text));
    },
  },
});

/** n2 is removed and goes on; n3 knows the context's id and nothing else. */
const closed: Scenario = {
  ...{ name: "canary-closed", nodes: 4, contexts: [{ id: "kv", members: "n0..n2" }], until: "6s" },
  workload: [
    { rate: "20/s", until: "4s", nodes: "n0..n2", method: "set", args: { key: "k", value: "{seq}" } },
    { at: "2s", node: "n0", method: "remove-member", args: { member: "n2" } },
    { at: "2s", node: "n3", method: "join-uninvited" },
  ],
};

/** Something about who is a member that goes wrong on every node of the run. */
function everywhere(spoil: (governance: Governance) => void): NonNullable<Canary["plant"]> {
  const act = ({ world }: Simulation) => {
    for (const { core } of world.nodes)
      for (const { governance } of core?.replicas().values() ?? []) spoil(governance);
  };
  return { atMs: 1_000, act };
}

export const canaries: readonly Canary[] = [
  {
    ...{ name: "members serve whoever asks", oracle: "members-alone", scenario: closed },
    plant: everywhere((governance) => Object.assign(governance, { admits: () => true })),
  },
  {
    ...{ name: "what a removed member writes is taken", oracle: "members-alone", scenario: closed },
    plant: everywhere(({ members }) => Object.assign(members, { refusalOf: () => null })),
  },
  {
    ...{ name: "each has members of its own", oracle: "converged" },
    scenario: { ...closed, expect: [{ converged: { within: "1s" } }] },
    plant: everywhere(({ members }) => Object.assign(members, { roleNow: () => null })),
  },
  {
    ...{
      name: "every disk drops a write that was acknowledged",
      oracle: "acknowledged-kept",
      scenario: writes,
    },
    plant: {
      atMs: 3_000,
      act: ({ world, oracles }) => {
        const [acknowledged] = oracles.acknowledged.values();
        const [id] = acknowledged?.keys() ?? [];
        if (id !== undefined) for (const { disk } of world.nodes) drop(disk, id);
      },
    },
  },
  {
    ...{ name: "a disk drops what the next write builds on", oracle: "causal-closure", scenario: writes },
    plant: {
      atMs: 1_000,
      act: ({ world }) => {
        for (const { core, disk } of world.nodes) {
          for (const replica of core?.replicas().values() ?? [])
            for (const head of replica.heads()) drop(disk, head);
        }
      },
    },
  },
  {
    ...{ name: "the network is cut for good", oracle: "converged" },
    scenario: {
      ...writes,
      faults: [{ at: "500ms", kind: "partition", groups: ["n0"] }],
      expect: [{ converged: { within: "2s" } }],
    },
  },
  {
    ...{
      name: "an application's handlers do not commute",
      oracle: "handlers-commute",
      applications: [lastHeard],
    },
    scenario: {
      ...writes,
      contexts: [{ id: "said", app: "last-heard" }],
      workload: [{ rate: "5/s", until: "2s", method: "say" }],
    },
  },
];

/** Whether the oracle that must report it did. `simulationOf` makes a run that has not begun. */
export function isCaught(
  { scenario, applications = [], oracle, plant }: Canary,
  simulationOf: (scenario: Scenario, applications: readonly Application[]) => Simulation,
): boolean {
  const simulation = simulationOf(scenario, applications);
  if (plant !== undefined) {
    simulation.runUntil(plant.atMs * 1_000);
    plant.act(simulation);
  }
  return simulation.finish().violations.some((violation) => violation.oracle === oracle);
}

function drop(disk: SimDisk, id: DeltaId): void {
  disk.append({ kind: "commit", writes: [[storeKeys.delta(id), null]] });
}
