/** `reconverge node replay`: takes a core through a flight recording, on any machine. */

import { toBase58 } from "../../adapters/http/base58.ts";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import type { NodeCore } from "../../core/node.ts";
import { applicationsOf, loadInstalled } from "../applications.ts";
import { Failure } from "../failure.ts";
import { type Recording, readRecording } from "../flight/recording.ts";
import { replay } from "../flight/replay.ts";
import type { ReplayOptions } from "./index.ts";
import { readWhole, reporting, show } from "./output.ts";

/** As for a simulation that does not do the same twice. */
const differsExitCode = 4;

export async function replayFile(path: string, options: ReplayOptions): Promise<void> {
  await reporting(options.json === true, async () => {
    const recording = readRecording(path);
    const { inputs, start, isTorn } = recording;
    const all = { min: 0, max: inputs.length };
    const count = options.to === undefined ? inputs.length : readWhole(options.to, "--to", all);
    const { handled, digest, differsAt, threw, core } = replay(recording, {
      applications: [...builtInApplications, ...(await ownApplications(recording, path))],
      count,
    });
    if (differsAt !== null) process.exitCode = differsExitCode;
    const standing = options.to === undefined ? {} : { contexts: standingOf(core) };
    const about = { node: start.node, peer: start.peer, inputs: inputs.length, handled, digest, differsAt };
    const json = { ...about, threw: threw?.message ?? null, isTorn, ...standing };
    const at = differsAt === null ? undefined : inputs[differsAt - 1];
    const lines = [
      differsAt === null
        ? `the same  ${handled} of ${inputs.length} inputs of ${start.node}, digest ${digest}`
        : `DIFFERS at input ${differsAt} (${at?.input.kind}, at ${at?.now.monotonicMs} ms): other effects than were recorded`,
      ...(threw === null ? [] : [`  input ${handled} made it throw: ${threw.message}`]),
      ...(isTorn ? ["  the file ends in the middle of a record: the node died there"] : []),
      ...Object.entries(standing.contexts ?? {}).map(
        ([id, { root, heads, applied, pending }]) =>
          `  context ${id}: root ${root}, ${heads.length} heads, ${applied} applied, ${pending} pending`,
      ),
    ];
    show(options.json === true, json, lines.join("\n"));
  });
}

async function ownApplications({ start }: Recording, path: string) {
  const installed = await loadInstalled(start.applications);
  const broken = installed.find((file) => file.kind === "broken");
  if (broken?.kind === "broken") {
    const message = `${path}: the node had an application that cannot be loaded here: ${broken.why}`;
    throw new Failure("refused", "application-missing", message);
  }
  return applicationsOf(installed).map(({ application }) => application);
}

function standingOf(core: NodeCore) {
  return Object.fromEntries(
    Array.from(core.replicas(), ([contextId, replica]) => [
      toBase58(contextId),
      {
        root: toBase58(replica.stateRoot()),
        heads: replica.heads().map(toBase58),
        applied: replica.deltas.graph.count,
        pending: replica.deltas.pending.count,
      },
    ]),
  );
}
