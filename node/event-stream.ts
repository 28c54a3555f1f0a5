/** Reads server-sent events as they come: the JSON in each one's `data`. */

import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";

export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<JsonObject, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) {
    const frames = (text + decoder.decode(bytes, { stream: true })).split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) {
      const data = frame
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice("data:".length))
        .join("\n");
      const value: Json = data === "" ? null : JSON.parse(data);
      if (isJsonObject(value)) yield value;
    }
  }
}
