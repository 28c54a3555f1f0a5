/**
 * `/admin-api/blobs`, in Calimero's shapes, with the context in the query. Bodies stream both ways: no more is read of
 * an upload than the disk has taken, and of a blob than the client takes.
 */

import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type BlobId, type ContextId, fromHex } from "../../core/ids.ts";
import { blobBytesMax } from "../../core/limits.ts";
import { type BlobView, HttpError, type NodeApi, readContextId } from "./api.ts";
import { fromBase58, toBase58 } from "./base58.ts";
import { type ByteRange, openBlob, refusalOf, writeBlob } from "./blob-streams.ts";

interface WithContext {
  readonly Querystring: { readonly context_id?: Asked; readonly name?: Asked };
}

/** What the address says, once or several times. */
type Asked = string | readonly string[];

interface OneBlob extends WithContext {
  readonly Params: { readonly id: string };
}

/** The least a stream can read ahead of who takes it: a chunk, rather than sixteen. */
const readAhead = { objectMode: false, highWaterMark: 1 };
const mediaTypeDefault = "application/octet-stream";

export function registerBlobs(server: FastifyInstance, api: NodeApi): void {
  void server.register((scope, _, done) => {
    // Whatever the type of what is sent, it is bytes here, and nobody reads them ahead.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, ready) => ready(null, payload));
    registerUpload(scope, api);
    done();
  });
  server.get<WithContext>("/admin-api/blobs", async ({ query }) => {
    if (query.context_id === undefined) {
      const blobs = (await api.keptBlobs()).map(({ id, size, bytesHere, isOwn }) => ({
        ...{ blob_id: toBase58(id), size, bytes_here: bytesHere, put_here: isOwn },
      }));
      return { data: { blobs } };
    }
    const contextId = readContext(query);
    return { data: { blobs: (await listed(api, contextId)).map(show) } };
  });
  server.get<OneBlob>("/admin-api/blobs/:id/info", async ({ params, query }) => ({
    data: show(await find(api, readContext(query), readBlob(params.id))),
  }));
  registerDownload(server, api);
  server.delete<OneBlob>("/admin-api/blobs/:id", async ({ params, query }) => {
    const about = { contextId: readContext(query), blob: readBlob(params.id) };
    const outcome = await api.call({ kind: "delete-blob", ...about });
    if (outcome.kind !== "executed") throw refusalOf(outcome);
    return { blob_id: params.id, deleted: true };
  });
}

function registerUpload(scope: FastifyInstance, api: NodeApi): void {
  scope.put<WithContext & { readonly Body: AsyncIterable<Uint8Array> | undefined }>(
    "/admin-api/blobs",
    async ({ query, headers, body }) => {
      // Said before it is sent; what is longer than it says is found out as it comes.
      if (Number(headers["content-length"] ?? 0) > blobBytesMax)
        throw new HttpError(413, `the blob is too large: expected at most ${blobBytesMax} bytes`);
      const mediaType = headers["content-type"] ?? mediaTypeDefault;
      const about = { contextId: readContext(query), name: once(query.name ?? "", "name"), mediaType };
      const { blob, size } = await writeBlob(api, about, body ?? Readable.from([]));
      return { data: { blob_id: toBase58(fromHex<BlobId>(blob) ?? blob), size } };
    },
  );
}

/** Asked with HEAD too, which gives the headers alone and fetches nothing. */
function registerDownload(server: FastifyInstance, api: NodeApi): void {
  server.head<OneBlob>("/admin-api/blobs/:id", async ({ params, query }, reply) => {
    const found = await find(api, readContext(query), readBlob(params.id));
    describe(reply, found, params.id);
    return reply.header("content-length", found.size).send();
  });
  server.get<OneBlob>(
    "/admin-api/blobs/:id",
    { exposeHeadRoute: false },
    async ({ params, query, headers }, reply) => {
      const about = { contextId: readContext(query), blob: readBlob(params.id) };
      const found = await find(api, about.contextId, about.blob);
      const opened = await openBlob(api, about, (size) => readRange(headers.range, size));
      const { from, until } = opened.range;
      describe(reply, found, params.id);
      if (headers.range !== undefined)
        reply.code(206).header("content-range", `bytes ${from}-${until - 1}/${opened.size}`);
      return reply.header("content-length", until - from).send(Readable.from(opened.bytes, readAhead));
    },
  );
}

function describe(reply: FastifyReply, { mediaType }: BlobView, id: string): void {
  reply.header("x-blob-id", id).header("x-blob-hash", id).header("etag", `"${id}"`);
  reply.header("accept-ranges", "bytes").header("content-type", mediaTypeDefault);
  // What somebody put is never shown as a page of this server.
  reply.header("x-blob-mime-type", encodeURI(mediaType)).header("x-content-type-options", "nosniff");
}

/** All of it where no range is asked for. One range is understood, with or without its end. */
function readRange(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return { from: 0, until: size };
  const [, first = "", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  const from = first === "" ? Number.NaN : Number(first);
  const until = last === "" ? size : Math.min(size, Number(last) + 1);
  if (from < until) return { from, until };
  const message = `found the range "${header}", expected one like bytes=0-99 within the ${size} bytes of the blob`;
  throw new HttpError(416, message);
}

async function listed(api: NodeApi, contextId: ContextId): Promise<readonly BlobView[]> {
  const blobs = await api.blobs(contextId);
  if (blobs === null) throw new HttpError(404, `no context ${toBase58(contextId)} on this node`);
  return blobs;
}

async function find(api: NodeApi, contextId: ContextId, blob: BlobId): Promise<BlobView> {
  const found = (await listed(api, contextId)).find(({ id }) => id === blob);
  if (found !== undefined) return found;
  const why = "it was deleted, or its reference has not arrived";
  throw new HttpError(404, `context ${toBase58(contextId)} refers to no blob ${toBase58(blob)} here: ${why}`);
}

function show({ id, name, size, mediaType, bytesHere, isOwn }: BlobView) {
  const here = { bytes_here: bytesHere, put_here: isOwn };
  return { blob_id: toBase58(id), name, size, mime_type: mediaType, ...here };
}

function readContext({ context_id: text }: WithContext["Querystring"]): ContextId {
  if (text === undefined) throw new HttpError(400, "expected the context of the blob in ?context_id=");
  return readContextId(once(text, "context_id"));
}

function once(asked: Asked, key: string): string {
  if (typeof asked === "string") return asked;
  throw new HttpError(400, `found ?${key}= ${asked.length} times, expected it once`);
}

function readBlob(text: string): BlobId {
  const blob = fromBase58<BlobId>(text);
  if (blob === null) throw new HttpError(400, `"${text}" is no blob id: expected 32 bytes in base58`);
  return blob;
}
