// Nodes as processes of their own, started through the command line.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { writeConfig } from "../../node/config-file.ts";
import { makeFolder, nodeFolder, writeWhole } from "../../node/home.ts";
import { obtainSeed } from "../../node/seed.ts";
import type { SettingValue } from "../../node/settings.ts";
import { testedCli } from "../tested-cli.ts";

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs `reconverge` to its end. */
export async function reconverge(...args: readonly string[]): Promise<CommandResult> {
  return await ended(spawnCommand(args));
}

/** The same in a shell, after it did something. */
export async function reconvergeAfter(shell: string, ...args: readonly string[]): Promise<CommandResult> {
  const command = [process.execPath, testedCli, ...args];
  return await ended(spawnChild("bash", ["-c", `${shell}; exec "$@"`, "bash", ...command]));
}

async function ended(child: ReturnType<typeof spawnChild>): Promise<CommandResult> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [exitCode] = await once(child, "close");
  return { exitCode, stdout: stdout(), stderr: stderr() };
}

export interface Ready {
  readonly peerId: string;
  readonly addresses: readonly string[];
  readonly apiUrl: string;
}

export class NodeProcess {
  readonly folder: string;
  readonly #home: string;
  readonly #name: string;
  #child: ChildProcess | null = null;
  #ready: Ready | null = null;
  #stderr: () => string = () => "";

  private constructor(home: string, name: string) {
    this.#home = home;
    this.#name = name;
    this.folder = join(home, name);
  }

  /** A node that the command line made. */
  static at(home: string, name: string): NodeProcess {
    return new NodeProcess(home, name);
  }

  /** A node on loopback and free ports, made without the command line, which takes its time; not running yet. */
  static async make(home: string, name: string, settings: Readonly<Record<string, SettingValue>> = {}) {
    const node = new NodeProcess(home, name);
    const folder = nodeFolder(home, name);
    await makeFolder(folder);
    await obtainSeed(folder);
    await node.configure(settings);
    return node;
  }

  /** Writes the configuration anew. */
  async configure(settings: Readonly<Record<string, SettingValue>>): Promise<void> {
    const values = {
      "swarm.hosts": ["127.0.0.1"],
      "swarm.port": 0,
      "server.port": 0,
      "log.level": "error",
      ...settings,
    };
    await writeWhole(join(this.folder, "config.toml"), writeConfig(new Map(Object.entries(values))), 0o600);
  }

  get apiUrl(): string {
    return this.ready.apiUrl;
  }

  get ready(): Ready {
    if (this.#ready === null) throw new Error(`${this.#name} is not running`);
    return this.#ready;
  }

  /** What it has logged since it was started last. */
  get stderr(): string {
    return this.#stderr();
  }

  /** Starts it; resolves when it said its line. */
  async start(...options: readonly string[]): Promise<Ready> {
    return await this.#started(spawnCommand([...this.#run, ...options]));
  }

  /** Starts it where no file can grow beyond so many KiB, as on a disk that is full. */
  async startWithin(fileKibMax: number): Promise<Ready> {
    const limited = 'ulimit -f "$1"; shift; exec "$@"';
    const node = [process.execPath, testedCli, ...this.#run];
    return await this.#started(spawnChild("bash", ["-c", limited, "bash", `${fileKibMax}`, ...node]));
  }

  /** Resolves when it has ended by itself; gives the exit code. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === null) throw new Error(`${this.#name} is not running`);
    this.#child = null;
    if (child.exitCode === null) await once(child, "close");
    return child.exitCode;
  }

  async #started(child: ReturnType<typeof spawnChild>): Promise<Ready> {
    this.#child = child;
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    this.#stderr = stderr;
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    if (child.exitCode !== null) throw new Error(`${this.#name} did not start: ${stderr()}`);
    this.#ready = JSON.parse(stdout());
    return this.ready;
  }

  /** Sends it a signal that does not end it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Ends it without warning. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends it in order; gives the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end("SIGTERM");
  }

  /** Two signals that reach it together, so that the second is there before the first has ended it. */
  async stopTwice(): Promise<number | null> {
    return await this.#end("SIGSTOP", "SIGTERM", "SIGINT", "SIGCONT");
  }

  async #end(...signals: readonly NodeJS.Signals[]): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    this.#ready = null;
    const closed = once(child, "close");
    for (const signal of signals) child.kill(signal);
    await closed;
    return child.exitCode;
  }

  get #run(): readonly string[] {
    return ["node", "run", "--home", this.#home, "--name", this.#name, "--json"];
  }
}

function spawnCommand(args: readonly string[]) {
  return spawnChild(process.execPath, [testedCli, ...args]);
}

function spawnChild(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  return () => text;
}
