/** `reconverge app install|list|uninstall` */

import { resolve } from "node:path";
import { builtInNames } from "../../adapters/modules/applications.ts";
import { suggestion } from "../../core/nearest-name.ts";
import { applicationsOf, type Installed, loadInstalled, loadOneMore } from "../applications.ts";
import { changeSetting, readConfig } from "../config-file.ts";
import { Failure } from "../failure.ts";
import { exists, type NodeFolder, nodeFolder, writeWhole } from "../home.ts";
import type { HomeOptions } from "./index.ts";
import { reporting, show, table } from "./output.ts";

/** Installs all applications of a file: remembers where it is, and checks that it can be loaded. */
export async function install(file: string, options: HomeOptions): Promise<void> {
  await changing(options, async (folder, installed) => {
    const path = resolve(file);
    const before = installed.find((other) => other.path === path);
    const loaded = before ?? (await loadOneMore(path, installed));
    if (loaded.kind === "broken") throw new Failure("refused", "bad-application", loaded.why);
    if (before === undefined) await writePaths(folder, [...installed, loaded]);
    const done = before === undefined ? "installed" : "was installed already:";
    return { path, names: namesOf(loaded), done };
  });
}

/** Uninstalls the file that has the application; it may also be named itself, as when it can no longer be loaded. */
export async function uninstall(name: string, options: HomeOptions): Promise<void> {
  await changing(options, async (folder, installed) => {
    const found = installed.find((file) => file.path === resolve(name) || namesOf(file).includes(name));
    if (found === undefined) throw unknownApplication(name, installed, options);
    await writePaths(
      folder,
      installed.filter((file) => file !== found),
    );
    return { path: found.path, names: namesOf(found), done: "uninstalled" };
  });
}

export async function list(options: HomeOptions): Promise<void> {
  const isJson = options.json === true;
  await reporting(isJson, async () => {
    const installed = await loadInstalled(
      (await readConfig(nodeFolder(options.home, options.name).configPath)).applications,
    );
    const applications = [
      ...Array.from(builtInNames.keys(), (name) => ({ name, file: null })),
      ...applicationsOf(installed).map(({ name, path }) => ({ name, file: path })),
    ];
    const broken = installed.flatMap((file) =>
      file.kind === "broken" ? [{ file: file.path, why: file.why }] : [],
    );
    const rows = applications.map(({ name, file }) => [name, file ?? "built in"] as const);
    const lines = [table(rows), ...broken.map(({ why }) => `cannot be loaded: ${why}`)];
    show(isJson, { applications, broken }, lines.join("\n"));
  });
}

interface Change {
  readonly path: string;
  readonly names: readonly string[];
  readonly done: string;
}

async function changing(
  options: HomeOptions,
  change: (folder: NodeFolder, installed: readonly Installed[]) => Promise<Change>,
): Promise<void> {
  const isJson = options.json === true;
  await reporting(isJson, async () => {
    const folder = nodeFolder(options.home, options.name);
    const installed = await loadInstalled((await readConfig(folder.configPath)).applications);
    const { path, names, done } = await change(folder, installed);
    const isRunning = await exists(folder.runPath);
    const what = names.length === 0 ? path : `${names.join(", ")} (${path})`;
    const when = isRunning
      ? `node "${options.name}" is running: restart it for this to take effect`
      : `this takes effect when node "${options.name}" starts`;
    show(isJson, { applications: names, file: path, isRunning }, `${done} ${what}\n${when}`);
  });
}

async function writePaths({ configPath }: NodeFolder, installed: readonly Installed[]): Promise<void> {
  const paths = installed.map(({ path }) => path);
  await writeWhole(configPath, await changeSetting(configPath, "applications", paths), 0o600);
}

function namesOf(file: Installed): readonly string[] {
  return applicationsOf([file]).map(({ name }) => name);
}

function unknownApplication(
  name: string,
  installed: readonly Installed[],
  { name: node }: HomeOptions,
): Failure {
  if (builtInNames.has(name))
    return new Failure("refused", "built-in", `${name} is a built-in application, which every node has`);
  const known = installed.flatMap((file) => (file.kind === "broken" ? [file.path] : namesOf(file)));
  const has = known.length === 0 ? "none is" : `installed: ${known.join(", ")}${suggestion(name, known)}`;
  return new Failure(
    "refused",
    "no-such-application",
    `node "${node}" has no application "${name}" installed; ${has}`,
  );
}
