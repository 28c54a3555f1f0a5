// A real terminal to try the command in: a tmux server of its own, which ends with the test.

import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const patienceMs = 60_000;
const lookEveryMs = 50;

export function hasTmux(): boolean {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export class TmuxTerminal {
  readonly #server: string;

  /** Runs a line of shell at the root of the project; the terminal stays after it. */
  constructor(line: string, { columns, rows, environment = {} }: TerminalOptions) {
    this.#server = `reconverge-test-${process.pid}-${performance.now().toFixed(0)}`;
    const clean = {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      LC_ALL: "C.UTF-8",
      ...environment,
    };
    const size = ["-x", String(columns), "-y", String(rows)];
    execFileSync(
      "tmux",
      ["-f", "/dev/null", "-u", "-L", this.#server, "new-session", "-d", ...size, `${line}; sleep 600`],
      { cwd: root, env: clean },
    );
  }

  /** What is to be seen, without colours. */
  screen(): string {
    return this.#tmux("capture-pane", "-p");
  }

  /** Waits until the screen shows something. */
  async shows(pattern: RegExp): Promise<string> {
    const untilMs = performance.now() + patienceMs;
    let screen = this.screen();
    while (!pattern.test(screen)) {
      if (performance.now() > untilMs) throw new Error(`never saw ${pattern} on the screen:\n${screen}`);
      await sleep(lookEveryMs);
      screen = this.screen();
    }
    return screen;
  }

  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** Whether a program has taken the alternate screen. */
  get isTaken(): boolean {
    return this.#tmux("display-message", "-p", "#{alternate_on}").trim() === "1";
  }

  end(): void {
    this.#tmux("kill-server");
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#server, ...args], { encoding: "utf8" });
  }
}
