/** The nodes of a soak: processes that are reached through proxies, so that their connections can be cut. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { temporaryFolder } from "../test/adapters/level/temporary-folder.ts";
import { NodeProcess } from "../test/node/node-process.ts";
import { ask, createContext, entries, joinContext, set, stateRoot, until } from "../test/node/test-node.ts";

/** A node that has not answered by then is told of as silent. */
const standingWaitMs = 5_000;
/** Of the end of a log, with the trace of what ended a node. */
const logShown = 4_000;

export interface Member {
  readonly node: NodeProcess;
  readonly proxy: CuttableProxy;
  isUp: boolean;
}

/** Passes connections on to a port, unless it is cut. */
class CuttableProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  isCut = false;

  private constructor(target: number) {
    this.#server = createServer((inner) => {
      if (this.isCut) return inner.destroy();
      const outer = connect(target, "127.0.0.1");
      for (const socket of [inner, outer]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.once("close", () => {
          this.#sockets.delete(socket);
          inner.destroy();
          outer.destroy();
        });
      }
      inner.pipe(outer).pipe(inner);
    });
  }

  static async to(target: number): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

export class SoakCluster {
  readonly contextId: string;
  readonly #members: readonly Member[];

  private constructor(contextId: string, members: readonly Member[]) {
    this.contextId = contextId;
    this.#members = members;
  }

  /** Each knows the way to all that were started before it, by their proxies. */
  static async start(count: number): Promise<SoakCluster> {
    const home = temporaryFolder();
    const members: Member[] = [];
    const addresses: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const port = await freePort();
      const settings = { "swarm.port": port, "swarm.bootNodes": [...addresses], "log.level": "silent" };
      const node = await NodeProcess.make(home, `n${index}`, settings);
      const { peerId } = await node.start();
      const proxy = await CuttableProxy.to(port);
      addresses.push(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${peerId}`);
      members.push({ node, proxy, isUp: true });
    }
    const [first] = members;
    if (first === undefined) throw new Error("no nodes");
    const contextId = await createContext(first.node.apiUrl);
    for (const { node } of members.slice(1))
      await joinContext(node.apiUrl, { contextId, invitedBy: first.node.apiUrl });
    const cluster = new SoakCluster(contextId, members);
    for (const { node } of members)
      await until("the context is there", async () => {
        await set(node.apiUrl, contextId, ["begun", 1]);
        return true;
      });
    return cluster;
  }

  #urls(): readonly string[] {
    return this.#members.map(({ node }) => node.apiUrl);
  }

  /** Resolves when all have one root, with the milliseconds that took. */
  async agreed(): Promise<number> {
    const rootsOf = () => Promise.all(this.#urls().map((url) => stateRoot(url, this.contextId)));
    return await until("one root", async () => new Set(await rootsOf()).size === 1, Number.POSITIVE_INFINITY);
  }

  /** By node; one after the other, as all of it is much. */
  async allEntries(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const found: Readonly<Record<string, unknown>>[] = [];
    for (const url of this.#urls()) found.push(await entries(url, this.contextId));
    return found;
  }

  /** How often two states differed at equal heads, since each node was started last. */
  async divergenceAlarms(): Promise<number> {
    const counts = await Promise.all(
      this.#urls().map(async (url) => {
        const { data } = await ask(url, "/admin-api/status");
        const found = (data as { counts?: Readonly<Record<string, number>> } | undefined)?.counts ?? {};
        return found["divergence-alarm"] ?? 0;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A line for each node: whether it runs, and where it stands in the context. */
  async standing(): Promise<string> {
    const lines = this.#members.map(async ({ node, isUp }, index) => {
      const said = isUp
        ? await Promise.race([
            ask(node.apiUrl, `/admin-api/contexts/${this.contextId}`).then(
              ({ data }) => JSON.stringify(data),
              (error) => `does not answer: ${error}`,
            ),
            setTimeout(standingWaitMs, "is silent"),
          ])
        : "in trouble, and has not come back";
      return `  n${index}: ${said}${node.stderr === "" ? "" : `; its log ends: ${node.stderr.slice(-logShown)}`}`;
    });
    return (await Promise.all(lines)).join("\n");
  }

  /** A member that runs, or null. */
  anyUp(chance: (below: number) => number): Member | null {
    const up = this.#members.filter(({ isUp }) => isUp);
    return up[chance(up.length)] ?? null;
  }

  async set({ node }: Member, key: string, value: number): Promise<void> {
    await set(node.apiUrl, this.contextId, [key, value]);
  }

  /** Resolves when it is over, and the member runs again. */
  async trouble(member: Member, fault: "kill" | "stop" | "cut", forMs: number): Promise<void> {
    const { node, proxy } = member;
    if (fault === "cut") {
      proxy.cut();
      await setTimeout(forMs);
      proxy.isCut = false;
      return;
    }
    member.isUp = false;
    if (fault === "stop") node.signal("SIGSTOP");
    else await node.kill();
    await setTimeout(forMs);
    if (fault === "stop") node.signal("SIGCONT");
    else await node.start();
    member.isUp = true;
  }

  async memoriesMib(): Promise<readonly number[]> {
    const up = this.#members.filter(({ isUp }) => isUp);
    const found = await Promise.all(
      up.map(async ({ node }) => {
        const status = await ask(node.apiUrl, "/admin-api/status").catch(() => null);
        return (
          Number((status?.data as { memoryBytes?: number } | undefined)?.memoryBytes ?? Number.NaN) /
          1_048_576
        );
      }),
    );
    return found.filter((memory) => !Number.isNaN(memory));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ node }) => node.stop()));
    for (const { proxy } of this.#members) proxy.close();
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
