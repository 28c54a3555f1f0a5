/** Talks to a running node's API. However long an answer is, what is waited for is the next of it, and not for ever. */

import { keepAliveEveryMs, peerHeader } from "../adapters/http/api.ts";
import { whyNotThere } from "../adapters/level/file-in-the-way.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { readWhole } from "./commands/output.ts";
import { readConfig } from "./config-file.ts";
import { readEvents } from "./event-stream.ts";
import { Failure } from "./failure.ts";
import { defaultName, exists, nodeFolder, readRunRecord } from "./home.ts";
import { apiTokenVariable, readBorneToken } from "./secrets.ts";
import { type Sending, send } from "./sending.ts";
import { Silence } from "./silence.ts";

/** Where a client command looks for a node: a URL, or a name under a home. */
export interface ApiPlace {
  readonly home?: string;
  readonly node?: string;
  readonly api?: string;
  /** Seconds of silence after which a node is given up, `silenceDefaultSeconds` unless given. */
  readonly timeout?: string;
}

/** Longer than a node looks for a blob nobody has (`core.syncTimeoutMs`). */
export const silenceDefaultSeconds = 60;
/** The platform's own client waits no longer than five minutes. */
const silenceMaxSeconds = 240;
/** An event stream says something now and then; so many times it may fail to. */
const keepAlivesMissedMax = 3;

/** Whose answers are wanted, when that is known. */
interface Expected {
  readonly name: string;
  readonly peerId: string;
  readonly pid: number;
  /** The command that would start it. */
  readonly start: string;
}

/** Not now, or no room: what the node says is all there is to say. */
const refusedStatuses: ReadonlySet<number> = new Set([503, 507]);

/** A request, and what is to be waited for after each of its parts. */
interface Exchange {
  readonly path: string;
  readonly request: Pick<Sending, "method" | "headers"> & Partial<Sending>;
  readonly silence: Silence;
}

/** What came of opening a stream. */
export interface Opened {
  readonly status: number;
  /** Rejects with a `Failure` when nothing comes for too long. To be read once. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One node's API. Its methods reject with a `Failure`. */
export class ApiClient {
  readonly #url: string;
  readonly #expected: Expected | null;
  readonly #silenceMs: number;
  readonly #token: string | null;

  private constructor(
    url: string,
    about: {
      readonly expected: Expected | null;
      readonly silenceMs: number;
      readonly token: string | null;
    },
  ) {
    this.#url = url;
    this.#expected = about.expected;
    this.#silenceMs = about.silenceMs;
    this.#token = about.token;
  }

  /** Finds the API: by its URL, or by what the node of that name wrote when it became ready. */
  static async find(place: ApiPlace): Promise<ApiClient> {
    const range = { min: 1, max: silenceMaxSeconds };
    const silenceMs = readWhole(place.timeout ?? `${silenceDefaultSeconds}`, "--timeout", range) * 1_000;
    if (place.api !== undefined) {
      if (URL.canParse(place.api)) {
        const about = { expected: null, silenceMs, token: await readBorneToken() };
        return new ApiClient(place.api.replace(/\/+$/, ""), about);
      }
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
      const { peerId, pid } = record;
      const expected = { name, peerId, pid, start: nodeCommand("run", place) };
      const token = await readBorneToken((await readConfig(folder.configPath)).server.tokenFile);
      const client = new ApiClient(record.apiUrl, { expected, silenceMs, token });
      // Asked before anything is, so that a node that took the port after a crash is told nothing of the other's.
      await client.get("/admin-api/health");
      return client;
    }
    if (await exists(folder.configPath))
      throw new Failure(
        "unreachable",
        "not-running",
        `node "${name}" is not running: start it with "${nodeCommand("run", place)}"`,
      );
    const why = await whyNotThere(folder.path);
    if (why !== null)
      throw new Failure("refused", "bad-home", `${why}: expected a node's folder; choose another --home`);
    throw new Failure(
      "refused",
      "no-such-node",
      `there is no node in ${folder.path}: make it with "${nodeCommand("init", place)}"`,
    );
  }

  /** The answer of an admin route. */
  async get(path: string): Promise<JsonObject> {
    return await this.#ask(path, { method: "GET", headers: {} });
  }

  async post(path: string, body: JsonObject): Promise<JsonObject> {
    return await this.send("POST", path, body);
  }

  /** The answer of an admin route to a body. */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body: JsonObject): Promise<JsonObject> {
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { "content-type": "application/json", "content-length": `${bytes.length}` };
    return await this.#ask(path, { method, headers, body: [bytes] });
  }

  async delete(path: string): Promise<JsonObject> {
    return await this.#ask(path, { method: "DELETE", headers: {} });
  }

  /** Sends bytes as they come. */
  async put(path: string, mediaType: string, bytes: Sending["body"]): Promise<JsonObject> {
    return await this.#ask(path, { method: "PUT", headers: { "content-type": mediaType }, body: bytes });
  }

  /** An answer whose body is bytes. */
  async open(
    path: string,
    headers: Readonly<Record<string, string>>,
    silenceMs = this.#silenceMs,
  ): Promise<Opened> {
    const exchange = { path, request: { method: "GET", headers }, silence: new Silence(silenceMs) };
    const response = await this.#send(exchange);
    if (!response.ok) throw this.#failureOf(response, await this.#answerOf(response, exchange));
    exchange.silence.rest();
    return { status: response.status, bytes: this.#bytesOf(response, exchange) };
  }

  /** What happens in contexts, or in all, from when the first message says that it is connected until the stream ends. */
  async *listen(contextIds: readonly string[] | "*"): AsyncGenerator<JsonObject, void> {
    const wanted = contextIds === "*" ? contextIds : contextIds.map(encodeURIComponent).join(",");
    const silenceMs = Math.max(this.#silenceMs, keepAlivesMissedMax * keepAliveEveryMs);
    const { bytes } = await this.open(`/sse?contextIds=${wanted}`, {}, silenceMs);
    try {
      yield* readEvents(bytes);
    } catch (error) {
      if (error instanceof Failure) throw error;
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

  /** An answer of the node that is meant, as far as its headers. */
  async #send(exchange: Exchange): Promise<Response> {
    const { path, request, silence } = exchange;
    try {
      const { body, ...bare } = request;
      const url = this.#url + path;
      const bearer = this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
      const headers = { ...request.headers, ...bearer };
      const response =
        body === undefined
          ? await fetch(url, { ...bare, headers, signal: silence.signal })
          : await send(url, { ...bare, headers, body }, silence);
      this.#checkPeer(response);
      silence.listen();
      return response;
    } catch (error) {
      silence.end();
      if (error instanceof Failure) throw error;
      if (silence.isOver) throw this.#silent(exchange);
      const message = `no node answers at ${this.#url}: is it running?`;
      throw new Failure("unreachable", "unreachable", message, error);
    }
  }

  /** What it says, or null where that is no JSON. */
  async #answerOf(response: Response, exchange: Exchange): Promise<unknown> {
    const { silence } = exchange;
    try {
      return await response.json();
    } catch {
      if (silence.isOver) throw this.#silent(exchange);
      return null;
    } finally {
      silence.end();
    }
  }

  /** Whoever takes them may take their time: only the node's silence counts. */
  async *#bytesOf(response: Response, exchange: Exchange): AsyncGenerator<Uint8Array, void> {
    const { silence } = exchange;
    silence.listen();
    try {
      for await (const bytes of response.body ?? []) {
        silence.rest();
        yield bytes;
        silence.listen();
      }
    } catch (error) {
      throw silence.isOver ? this.#silent(exchange) : error;
    } finally {
      silence.end();
    }
  }

  #silent({ request, silence }: Exchange): Failure {
    const [who, process] =
      this.#expected === null
        ? ["what is", "the process there"]
        : [`node "${this.#expected.name}"`, `process ${this.#expected.pid}`];
    const why = `it stands still, or has too much to do: look at ${process}, its log and its disk`;
    const asked = request.method === "GET" ? "" : "; what was asked may have been done, or be done later";
    const message = `${who} at ${this.#url} has said nothing for ${silence.limitMs / 1_000} s: ${why}${asked}`;
    return new Failure("unreachable", "silent", message);
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

  async #ask(path: string, request: Exchange["request"]): Promise<JsonObject> {
    const exchange = { path, request, silence: new Silence(this.#silenceMs) };
    const response = await this.#send(exchange);
    const answer = await this.#answerOf(response, exchange);
    if (response.ok && answer !== null) return answer as JsonObject;
    throw this.#failureOf(response, answer);
  }

  #failureOf(response: Response, answer: unknown): Failure {
    if (response.status === 401) {
      const found = this.#token === null ? "there is none" : "the one found is another";
      const expected = `expected its token in ${apiTokenVariable}, and ${found}`;
      return new Failure(
        "refused",
        "no-token",
        `what is at ${this.#url} answers who bears its token: ${expected}`,
      );
    }
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
  if (type === "InternalError" && typeof error.data !== "string")
    return new Failure("unreachable", type, "the node could not answer: see its log");
  return new Failure("refused", type, messages[type] ?? String(error.data));
}
