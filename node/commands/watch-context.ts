/** `reconverge context watch`: what happens in a context, as it does. */

import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { ApiClient } from "../client.ts";
import { Failure } from "../failure.ts";
import type { ClientOptions } from "./index.ts";
import { reporting, show } from "./output.ts";

/** Until it is interrupted or the node stops. The first line says where the context stands. */
export async function watchContext(id: string, options: ClientOptions): Promise<void> {
  const isJson = options.json === true;
  const tell = (happening: JsonObject) => show(isJson, happening, textOf(happening));
  await reporting(isJson, async () => {
    const api = await ApiClient.find(options);
    const path = `/admin-api/contexts/${encodeURIComponent(id)}`;
    // Asked before, so that a context that is not here is told; and after, so that nothing falls in between.
    await api.get(path);
    for await (const { type, reason, result } of api.listen([id])) {
      if (type === "close") throw new Failure("unreachable", "ended", `no more is told of it: ${reason}`);
      if (type === "connect") tell(standing((await api.get(path)).data as JsonObject));
      if (result !== undefined && isJsonObject(result)) tell(readable(result));
    }
    throw new Failure("unreachable", "ended", "the connection to the node has ended");
  });
}

function standing({ id, contextStateHash, appliedDeltas }: JsonObject): JsonObject {
  return {
    contextId: id ?? null,
    type: "Standing",
    data: { root: contextStateHash ?? null, appliedDeltas: appliedDeltas ?? null },
  };
}

/** The same with what events say, in place of its bytes. */
function readable(happening: JsonObject): JsonObject {
  const { data } = happening;
  if (data === undefined || !isJsonObject(data) || !Array.isArray(data.events)) return happening;
  const events = data.events.filter(isJsonObject).map(({ kind, data: bytes, handler }) => ({
    kind: kind ?? null,
    content: contentOf(bytes),
    handler: handler ?? null,
  }));
  return { ...happening, data: { ...data, events } };
}

function contentOf(bytes: Json | undefined): Json {
  const numbers = Array.isArray(bytes) ? bytes.filter((each) => typeof each === "number") : [];
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(numbers)));
}

function textOf({ type, data }: JsonObject): string {
  const time = new Date().toTimeString().slice(0, "hh:mm:ss".length);
  const about = (data ?? {}) as JsonObject;
  switch (type) {
    case "Standing":
      return `${time}  root ${about.root}, ${about.appliedDeltas} deltas`;
    case "StateMutation": {
      const events = (about.events ?? []) as readonly JsonObject[];
      const lines = events.map(({ kind, content }) => `${time}  event ${kind} ${JSON.stringify(content)}`);
      return [...lines, `${time}  root ${about.newRoot}`].join("\n");
    }
    case "SyncStatus": {
      const { state } = about.syncState as JsonObject;
      const failures = about.failureCount === 0 ? "" : `, ${about.failureCount} failures`;
      return `${time}  sync ${state}${failures}${about.lastError === undefined ? "" : `: ${about.lastError}`}`;
    }
    default:
      return `${time}  ${type} ${JSON.stringify(about)}`;
  }
}
