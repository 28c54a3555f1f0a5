// A copy of the core and the simulator outside the project, to break a line of it and see who notices.

import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export class ProjectCopy {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "reconverge-copy-")));

  constructor() {
    for (const each of ["package.json", "core", "sim", "adapters/crypto", "adapters/modules"])
      cpSync(join(root, each), join(this.folder, each), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"), "dir");
  }

  /** Replaces a text that must be there exactly once. */
  replace(path: string, { find, by }: { find: string; by: string }): void {
    const source = readFileSync(join(this.folder, path), "utf8");
    const parts = source.split(find);
    if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times: ${find}`);
    writeFileSync(join(this.folder, path), parts.join(by));
  }

  async load<Module>(path: string): Promise<Module> {
    return (await import(pathToFileURL(join(this.folder, path)).href)) as Module;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
