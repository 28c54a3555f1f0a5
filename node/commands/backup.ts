/** `reconverge node backup` */

import { resolve } from "node:path";
import { backUp } from "../backup.ts";
import { ApiClient } from "../client.ts";
import { nodeFolder } from "../home.ts";
import type { BackupOptions } from "./index.ts";
import { reporting, show } from "./output.ts";
import { readStoredNode } from "./stored-node.ts";

export async function backup(target: string, options: BackupOptions): Promise<void> {
  await reporting(options.json === true, async () => {
    const folder = nodeFolder(options.home, options.name);
    const findApi = () => ApiClient.find({ ...options, node: options.name });
    const told = (what: string) => process.stderr.write(`warning: ${what}\n`);
    const source = { ...(await readStoredNode(folder)), folder, findApi, told };
    const done = await backUp(source, resolve(target));
    const { copied, damaged } = done.chunks;
    const lines = [
      `node "${options.name}" is in ${done.folder}: ${done.values} values, every delta and every entity was read, and ${copied} files of blobs`,
      ...(damaged === 0
        ? []
        : [`${damaged} files of blobs are damaged, and not in it: members that have them bring them again`]),
      "it holds the node's key: keep it as you keep that, and never run both",
    ];
    show(options.json === true, done, lines.join("\n"));
  });
}
