/** `reconverge blob upload|download|list|info|delete` */

import { basename, resolve } from "node:path";
import type { JsonObject } from "../../core/json.ts";
import { downloadTo, readFileSlowly, sizeOfFile } from "../blob-files.ts";
import { Failure } from "../failure.ts";
import { exists } from "../home.ts";
import { TransferLine } from "../transfer-line.ts";
import { asking } from "./client.ts";
import type { BlobOptions, DownloadOptions, UploadOptions } from "./index.ts";
import { table } from "./output.ts";

export async function upload(file: string, options: UploadOptions): Promise<void> {
  await asking(options, async (api) => {
    const total = await sizeOfFile(file);
    const query = new URLSearchParams({ context_id: options.context, name: options.name ?? basename(file) });
    const line = new TransferLine("upload", { total });
    try {
      const path = `/admin-api/blobs?${query}`;
      if (!/^[\x20-\x7e]+$/.test(options.type))
        throw new Failure(
          "refused",
          "bad-type",
          `--type is ${JSON.stringify(options.type)}: expected a media type like image/png`,
        );
      const { data } = await api.put(path, options.type, readFileSlowly(file, line));
      return { value: data, text: String((data as JsonObject).blob_id) };
    } finally {
      line.clear();
    }
  });
}

export async function download(id: string, options: DownloadOptions): Promise<void> {
  await asking(options, async (api) => {
    const path = pathOf(id, options);
    const { data } = await api.get(`${pathOf(id, options, "/info")}`);
    const { blob_id: blob, name, size } = data as JsonObject;
    // A name comes from whoever put it: no more of it than a name of a file in this folder.
    const own = basename(String(name)).replaceAll(/^\.+/g, "");
    const target = resolve(options.output ?? (own === "" ? id : own));
    if (options.force !== true && (await exists(target)))
      throw new Failure(
        "refused",
        "file-exists",
        `${target} is there already: choose another --output, or --force`,
      );
    const about = { path, blob: String(blob), size: Number(size), target };
    const downloaded = await downloadTo(api, about);
    return {
      value: { blob_id: blob, file: target, size, downloaded },
      text: `${target}, ${String(size)} bytes${downloaded === size ? "" : `, of which ${downloaded} were still to come`}`,
    };
  });
}

export async function list(options: BlobOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.get(`/admin-api/blobs?${queryOf(options)}`);
    const blobs = (data as JsonObject).blobs as readonly JsonObject[];
    const rows = blobs.map((blob) => [String(blob.blob_id), summary(blob)] as const);
    return { value: blobs, text: rows.length === 0 ? "no blobs" : table(rows) };
  });
}

export async function info(id: string, options: BlobOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.get(pathOf(id, options, "/info"));
    return { value: data, text: table(Object.entries(data as JsonObject)) };
  });
}

export async function remove(id: string, options: BlobOptions): Promise<void> {
  await asking(options, async (api) => {
    const answer = await api.delete(pathOf(id, options));
    return { value: answer, text: `the context refers to ${id} no longer` };
  });
}

function summary({
  name,
  size,
  mime_type: mediaType,
  bytes_here: here,
  put_here: isOwn,
}: JsonObject): string {
  const place = here === size ? "here" : here === 0 ? "not here" : `${String(here)} bytes here`;
  return `${String(name)}, ${String(mediaType)}, ${String(size)} bytes, ${place}${isOwn === true ? ", put here" : ""}`;
}

function pathOf(id: string, options: BlobOptions, part = ""): string {
  return `/admin-api/blobs/${encodeURIComponent(id)}${part}?${queryOf(options)}`;
}

function queryOf({ context }: BlobOptions): string {
  return new URLSearchParams({ context_id: context }).toString();
}
