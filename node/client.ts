/** Talks to a running node's API. */

import { peerHeader } from "../adapters/http/api.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { readEvents } from "./event-stream.ts";
import { Failure } from "./failure.ts";
import { defaultName, exists, nodeFolder, readRunRecord } from "./home.ts";

/** Where a client command looks for a node: a URL, or a name under a home. */
export interface ApiPlace {
  readonly home?: string;
  readonly node?: string;
  readonly api?: string;
}

/** Whose answers are wanted, when that is known. */
interface Expected {
  readonly name: string;
  readonly peerId: string;
  /** The command that would start it. */
  readonly start: string;
}

/** Not now, or no room: what the node says is all there is to say. */
const refusedStatuses: ReadonlySet<number> = new Set([503, 507]);

/** One node's API. Its methods reject with a `Failure`. */
export class ApiClient {
  readonly #url: string;
  readonly #expected: Expected | null;

  private constructor(url: string, expected: Expected | null) {
    this.#url = url;
    this.#expected = expected;
  }

  /** Finds the API: by its URL, or by what the node of that name wrote when it became ready. */
  static async find(place: ApiPlace): Promise<ApiClient> {
    if (place.api !== undefined) {
      if (URL.canParse(place.api)) return new ApiClient(place.api.replace(/\/+$/, ""), null);
      throw new Failure(
        "refused",
        "bad-url",
        `"${place.api}" is no URL: expected one like http://127.0.0.1:2528`,
      );
    }
    const name = place.node ?? defaultName;
    const folder = nodeFolder(place.home, name);
    const record = await readRunRecord(folder);
    if (record !== null) {
      const client = new ApiClient(record.apiUrl, {
        name,
        peerId: record.peerId,
        start: nodeCommand("run", place),
      });
      // Asked before anything is, so that a node that took the port after a crash is told nothing of the other's.
      client.#checkPeer(await client.#send("/admin-api/health", { method: "GET" }));
      return client;
    }
    if (await exists(folder.configPath))
      throw new Failure(
        "unreachable",
        "not-running",
        `node "${name}" is not running: start it with "${nodeCommand("run", place)}"`,
      );
    throw new Failure(
      "refused",
      "no-such-node",
      `there is no node in ${folder.path}: make it with "${nodeCommand("init", place)}"`,
    );
  }

  /** The answer of an admin route. */
  async get(path: string): Promise<JsonObject> {
    return await this.#fetch(path, { method: "GET" });
  }

  async post(path: string, body: JsonObject): Promise<JsonObject> {
    return await this.send("POST", path, body);
  }

  /** The answer of an admin route to a body. */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body: JsonObject): Promise<JsonObject> {
    return await this.#fetch(path, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async delete(path: string): Promise<JsonObject> {
    return await this.#fetch(path, { method: "DELETE" });
  }

  /** Sends bytes as they come. */
  async put(path: string, mediaType: string, bytes: ReadableStream<Uint8Array>): Promise<JsonObject> {
    const headers = { "content-type": mediaType };
    // What the platform's types do not know yet: a body that streams is sent before the answer is read.
    return await this.#fetch(path, { method: "PUT", headers, body: bytes, duplex: "half" } as RequestInit);
  }

  /** An answer whose body is bytes. */
  async open(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    const response = await this.#send(path, { method: "GET", headers });
    this.#checkPeer(response);
    if (response.ok) return response;
    throw this.#failureOf(response, await response.json().catch(() => null));
  }

  /** What happens in contexts, or in all, from when the first message says that it is connected until the stream ends. */
  async *listen(contextIds: readonly string[] | "*"): AsyncGenerator<JsonObject, void> {
    const wanted = contextIds === "*" ? contextIds : contextIds.map(encodeURIComponent).join(",");
    const { body } = await this.open(`/sse?contextIds=${wanted}`, {});
    if (body === null) return;
    try {
      yield* readEvents(body);
    } catch (error) {
      throw new Failure("unreachable", "ended", `the connection to ${this.#url} was lost`, error);
    }
  }

  /** The output of a method. */
  async execute(contextId: string, method: string, argsJson: JsonObject): Promise<Json> {
    const params = { contextId, method, argsJson };
    const { result, error } = await this.post("/jsonrpc", {
      jsonrpc: "2.0",
      id: 1,
      method: "execute",
      params,
    });
    if (error === undefined) return (result as JsonObject).output ?? null;
    throw refusalOf(error as JsonObject, contextId);
  }

  async #send(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#url + path, request);
    } catch (error) {
      throw new Failure(
        "unreachable",
        "unreachable",
        `no node answers at ${this.#url}: is it running?`,
        error,
      );
    }
  }

  #checkPeer(response: Response): void {
    const peer = response.headers.get(peerHeader);
    if (this.#expected === null || peer === this.#expected.peerId) return;
    const { name, peerId, start } = this.#expected;
    const found = peer === null ? "something that is no node" : `another node, ${peer}`;
    throw new Failure(
      "unreachable",
      "other-node",
      `node "${name}" (${peerId}) is not running: ${found}, answers at ${this.#url}, where it was; start it with "${start}"`,
    );
  }

  async #fetch(path: string, request: RequestInit): Promise<JsonObject> {
    const response = await this.#send(path, request);
    this.#checkPeer(response);
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer as JsonObject;
    throw this.#failureOf(response, answer);
  }

  #failureOf(response: Response, answer: unknown): Failure {
    const said = (answer as { error?: string } | null)?.error;
    if (said !== undefined && refusedStatuses.has(response.status))
      return new Failure("refused", "refused", said);
    if (said === undefined || response.status >= 500)
      return new Failure(
        "unreachable",
        "no-answer",
        `what is at ${this.#url} gave no answer (HTTP ${response.status}${said === undefined ? "" : `: ${said}`})`,
      );
    return new Failure("refused", "refused", said);
  }
}

/** As it is to be typed for the node that was meant. */
function nodeCommand(command: "init" | "run", { home, node }: ApiPlace): string {
  const [inHome, byName] = [
    home === undefined ? "" : ` --home ${home}`,
    node === undefined ? "" : ` --name ${node}`,
  ];
  return `reconverge node ${command}${inHome}${byName}`;
}

function refusalOf(error: JsonObject, contextId: string): Failure {
  const type = String(error.type);
  const messages: Readonly<Record<string, string>> = {
    ContextNotFound: `no context ${contextId} on this node: join it with "reconverge context join"`,
    Uninitialized: `context ${contextId} is joined, but nobody has brought it yet: wait for a peer that has it`,
    ApplicationNotInstalled: `the application of context ${contextId} is not installed on this node`,
  };
  if (type === "InternalError")
    return new Failure("unreachable", type, "the node could not answer: see its log");
  return new Failure("refused", type, messages[type] ?? String(error.data));
}
