// A node that stands still, or has more to do than it can: no client waits for it for ever, and none that is served
// slowly is cut off.

import { writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ApiClient } from "../../node/client.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";
import { createContext } from "./test-node.ts";

const pieces = 16;
const pieceEveryMs = 350;
/** Less than all pieces take together. */
const timeoutMs = 5_000;

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

const streamOf = (bytes: AsyncIterable<Uint8Array>) =>
  ReadableStream.from(bytes) as ReadableStream<Uint8Array>;

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
    const upload = api.put("/", "text/plain", streamOf(slowly()));
    assert.equal(await Promise.all([download(), upload]), [pieces, { taken: pieces }]);
  });
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
