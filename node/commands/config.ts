/** `reconverge node config` */

import { changeConfig } from "../config-file.ts";
import { nodeFolder, writeWhole } from "../home.ts";
import type { HomeOptions } from "./index.ts";
import { reporting, show } from "./output.ts";

export async function config(assignments: readonly string[], options: HomeOptions): Promise<void> {
  await reporting(options.json === true, async () => {
    const { configPath } = nodeFolder(options.home, options.name);
    await writeWhole(configPath, await changeConfig(configPath, assignments), 0o600);
    show(
      options.json === true,
      { changed: assignments },
      `changed ${assignments.join(", ")} in ${configPath}`,
    );
  });
}
