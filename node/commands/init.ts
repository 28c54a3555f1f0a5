/** `reconverge node init` */

import { rmdir } from "node:fs/promises";
import { publicKeyOfSeed } from "../../adapters/crypto/identity.ts";
import { peerOfPublicKey } from "../../adapters/libp2p/peer-name.ts";
import type { PeerId } from "../../core/ids.ts";
import { readAssignment, writeConfig } from "../config-file.ts";
import { Failure } from "../failure.ts";
import { exists, makeFolder, type NodeFolder, nodeFolder, writeWhole } from "../home.ts";
import { obtainSeed } from "../seed.ts";
import type { InitOptions } from "./index.ts";
import { reporting, show } from "./output.ts";

export async function init(options: InitOptions): Promise<void> {
  await reporting(options.json === true, async () => {
    const folder = nodeFolder(options.home, options.name);
    const values = new Map(assignmentsOf(options).map(readAssignment));
    if (options.force !== true && (await exists(folder.configPath))) {
      const advice = "choose another --name, or --force to write its configuration anew";
      throw new Failure("refused", "exists", `there is a node in ${folder.path} already: ${advice}`);
    }
    await makeFolder(folder);
    const peer = await fill(folder, writeConfig(values));
    const text = `made node "${options.name}" in ${folder.path}\npeer id ${peer}`;
    show(options.json === true, { name: options.name, folder: folder.path, peerId: peer }, text);
  });
}

/** Gives the peer id. What cannot be written leaves no folder, unless there was something in it. */
async function fill(folder: NodeFolder, config: string): Promise<PeerId> {
  try {
    const peer = peerOfPublicKey(publicKeyOfSeed(await obtainSeed(folder)));
    await writeWhole(folder.configPath, config, 0o600);
    return peer;
  } catch (error) {
    await rmdir(folder.path).catch(() => {});
    throw error;
  }
}

function assignmentsOf(options: InitOptions): readonly string[] {
  return [
    `name=${options.name}`,
    ...(options.swarmPort === undefined ? [] : [`swarm.port=${options.swarmPort}`]),
    ...(options.serverPort === undefined ? [] : [`server.port=${options.serverPort}`]),
    ...(options.bootNodes === undefined ? [] : [`swarm.bootNodes=${options.bootNodes}`]),
    ...(options.profile === undefined ? [] : [`profile=${options.profile}`]),
    ...(options.mdns === true ? ["swarm.mdns=true"] : []),
  ];
}
