// A node that stands still, or has more to do than it can: no client waits for it for ever, and none that is served
// slowly is cut off.

import { writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createProxy, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/json.ts";
import { ApiClient } from "../../node/client.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";
import { createContext } from "./test-node.ts";

const pieces = 16;
const pieceEveryMs = 280;
/** Less than all pieces take together. */
const timeoutMs = 4_000;

/** Has something done with a client of an API of which this is all. */
async function asking(listener: RequestListener, ask: (api: ApiClient) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const api = `http://127.0.0.1:${address.port}`;
    await ask(await ApiClient.find({ api, timeout: `${timeoutMs / 1_000}` }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function* slowly() {
  for (let piece = 0; piece < pieces; piece += 1) {
    await setTimeout(pieceEveryMs);
    yield Uint8Array.of(piece);
  }
}

/** The URL of what lets through so many bytes a second to a server, and all that comes back. */
async function slowTo(url: string, bytesPerSecond: number): Promise<{ url: string; close: () => void }> {
  const sockets: Socket[] = [];
  const proxy = createProxy((client) => {
    const server = connect(Number(new URL(url).port), "127.0.0.1");
    sockets.push(client, server);
    for (const socket of [client, server])
      socket.on("error", () => [client, server].map((end) => end.destroy()));
    server.pipe(client);
    void (async () => {
      for await (const bytes of client) {
        server.write(bytes);
        await setTimeout((1_000 * bytes.length) / bytesPerSecond);
      }
    })().catch(() => server.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close };
}

async function* streamOf(size: number) {
  yield new Uint8Array(size);
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: Error) => error.message,
  );

test("a node that stands still is given up with a sentence and 3, and answers once it goes on", async () => {
  const home = temporaryFolder();
  const node = await NodeProcess.make(home, "still");
  const { apiUrl } = await node.start();
  const contextId = await createContext(apiUrl);
  const file = join(home, "large");
  writeFileSync(file, new Uint8Array(30_000_000));
  const copy = join(temporaryFolder(), "copy");
  const named = ["--home", home, "--node", "still", "--timeout", "1"];
  const write = ["call", "set", "--context", contextId, "--args", '{"key":"a","value":1}'];
  try {
    node.signal("SIGSTOP");
    const results = await Promise.all([
      reconverge("status", ...named),
      reconverge("context", "watch", contextId, ...named),
      reconverge("blob", "upload", file, "--context", contextId, "--api", apiUrl, "--timeout", "1"),
      reconverge(...write, "--api", apiUrl, "--timeout", "1"),
      reconverge("node", "backup", copy, "--home", home, "--name", "still", "--timeout", "1"),
    ]);
    for (const { exitCode, stderr, stdout } of results) {
      assert.is(exitCode, 3, stderr);
      assert.match(stderr, /^error: [^\n]+ has said nothing for 1 s: it stands still, [^\n]+\n$/);
      assert.ok(stderr.includes(apiUrl), stderr);
      assert.is(stdout, "");
    }
    assert.match(results[0].stderr, /node "still" at .* look at process \d+/);
    assert.not.match(results[0].stderr, "may have been done");
    assert.match(results[3].stderr, "what was asked may have been done");
    node.signal("SIGCONT");
    const after = await reconverge("status", "--home", home, "--node", "still", "--json");
    assert.is(JSON.parse(after.stdout).state, "running");
  } finally {
    await node.kill();
  }
});

test("a time to wait that is none is refused", async () => {
  for (const given of ["0", "241", "soon"]) {
    const { exitCode, stderr } = await reconverge(
      "status",
      "--api",
      "http://127.0.0.1:9",
      "--timeout",
      given,
    );
    assert.is(exitCode, 1);
    assert.match(stderr, `--timeout: found "${given}", expected a whole number from 1 to 240`);
  }
});

test("what moves is not cut off, either way, however long it takes", async () => {
  const listener: RequestListener = async (request, response) => {
    if (request.method === "GET") {
      for await (const piece of slowly()) response.write(piece);
      return response.end();
    }
    let taken = 0;
    for await (const bytes of request) taken += (bytes as Uint8Array).length;
    return response.end(JSON.stringify({ taken }));
  };
  await asking(listener, async (api) => {
    const download = async () => {
      const got: number[] = [];
      for await (const bytes of (await api.open("/", {})).bytes) got.push(...bytes);
      return got.length;
    };
    const upload = api.put("/", "text/plain", slowly());
    assert.equal(await Promise.all([download(), upload]), [pieces, { taken: pieces }]);
  });
});

test("what has left a client and is on its way moves, too, and a node that then stands still is given up", async () => {
  const node = await NodeProcess.make(temporaryFolder(), "far");
  const { apiUrl } = await node.start();
  const bytesPerSecond = 180_000;
  const proxy = await slowTo(apiUrl, bytesPerSecond);
  const timeout = `${timeoutMs / 1_000}`;
  try {
    const contextId = await createContext(apiUrl);
    const path = `/admin-api/blobs?context_id=${contextId}`;
    const far = await ApiClient.find({ api: proxy.url, timeout });
    const size = (1.5 * timeoutMs * bytesPerSecond) / 1_000;
    // Sent as a blob, and as arguments, which are too much for a call: the systems take all of either at once.
    const [{ data }, refused] = await Promise.all([
      far.put(path, "text/plain", streamOf(size)),
      rejection(far.execute(contextId, "set", { key: "a", value: "x".repeat(size) })),
    ]);
    assert.is((data as JsonObject).size, size);
    assert.match(refused, "cannot be stored");
    const upload = rejection(far.put(path, "text/plain", streamOf(size)));
    await setTimeout(1_000);
    node.signal("SIGSTOP");
    assert.match(await upload, `has said nothing for ${timeout} s`);
  } finally {
    proxy.close();
    await node.kill();
  }
});

test("an answer that stops in its middle is given up", async () => {
  await asking(
    (_, response) => response.write('{"half":'),
    async (api) => {
      const read = async () => {
        for await (const _ of (await api.open("/", {})).bytes);
      };
      const messages = await Promise.all([rejection(api.get("/")), rejection(read())]);
      for (const message of messages) assert.match(message, `has said nothing for ${timeoutMs / 1_000} s`);
    },
  );
});

test("who takes a stream slowly is not taken for a node that is silent", async () => {
  const listener: RequestListener = (_, response) => {
    response.write("a");
    void setTimeout(500).then(() => response.end("b"));
  };
  await asking(listener, async (api) => {
    let text = "";
    for await (const bytes of (await api.open("/", {})).bytes) {
      text += Buffer.from(bytes).toString();
      await setTimeout(1.2 * timeoutMs);
    }
    assert.is(text, "ab");
  });
});

test.run();
