import { open } from "node:fs/promises";

/** Makes new names in a folder durable. Some systems have no such operation for folders. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}
