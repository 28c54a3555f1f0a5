/** The settings of a node: what each means, what it may be, and what it is when nothing is said. */

import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { peerAddressExpectation } from "../adapters/libp2p/addresses.ts";
import { type Config, configExpectation, configKeys, createConfig, tunables } from "../core/config.ts";
import { isComponentLevel, logComponents, logLevels } from "./logs.ts";

export type SettingValue = string | number | boolean | readonly string[];

export interface Setting {
  readonly default: SettingValue;
  readonly why: string;
  /** What the value should be, for a sentence that begins "expected", or null when it is right. */
  expectation(value: unknown): string | null;
}

/** All settings of a node, checked. */
export interface NodeConfig {
  readonly name: string;
  /** Absolute paths of modules. */
  readonly applications: readonly string[];
  readonly swarm: {
    readonly hosts: readonly string[];
    readonly port: number;
    readonly bootNodes: readonly string[];
    readonly mdns: boolean;
    readonly peerExchange: boolean;
  };
  readonly server: { readonly host: string; readonly port: number; readonly tokenFile: string };
  readonly store: { readonly keyFile: string };
  readonly log: { readonly level: string; readonly components: readonly string[] };
  readonly core: Config;
}

/** Names of nodes, which are names of folders. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const port: Setting["expectation"] = (value) =>
  isWholeNumber(value) && value >= 0 && value <= 65_535 ? null : "a whole number from 0 to 65535";

const absolutePath: Setting["expectation"] = (value) =>
  value === "" || (typeof value === "string" && isAbsolute(value)) ? null : "an absolute path, or nothing";

/** What a profile has other than the defaults. */
export const profiles: Readonly<Record<string, Partial<Config>>> = {
  small: { syncIntervalMs: 2_000, syncSessionsMax: 10 },
  medium: {},
  large: { syncFrequencyMs: 30_000, syncIntervalMs: 15_000, syncSessionsMax: 20 },
};
const profileNames = Object.keys(profiles);

/** By their dotted name, in the order of the file. */
export const settings: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  [
    "name",
    {
      default: "default",
      why: "how this node calls itself in its log and status",
      expectation: (value) =>
        typeof value === "string" && namePattern.test(value)
          ? null
          : "1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit",
    },
  ],
  [
    "profile",
    {
      default: "medium",
      why: "how syncing is tuned: small for under 10 nodes, medium, large for 50 to 200; single keys of [core] come before it",
      expectation: (value) =>
        Object.hasOwn(profiles, String(value)) ? null : `one of ${profileNames.join(", ")}`,
    },
  ],
  [
    "applications",
    {
      default: [],
      why: "modules whose applications this node has besides the built-in ones; see reconverge app",
      expectation: listOf("a list of absolute paths of modules", isAbsolute),
    },
  ],
  [
    "swarm.hosts",
    {
      default: ["0.0.0.0"],
      why: "IP addresses to listen on for other nodes",
      expectation: listOf("a list of IP addresses", (host) => isIP(host) !== 0),
    },
  ],
  [
    "swarm.port",
    { default: 2428, why: "TCP port for other nodes; 0 takes any that is free", expectation: port },
  ],
  [
    "swarm.bootNodes",
    {
      default: [],
      why: "addresses of nodes to connect to, each ending in /p2p/ and the peer id",
      expectation: listOf(
        "a list of addresses like /ip4/192.0.2.1/tcp/2428/p2p/12D3Koo…",
        (address) => peerAddressExpectation(address) === null,
      ),
    },
  ],
  [
    "swarm.mdns",
    {
      default: false,
      why: "find and be found by nodes in the local network",
      expectation: (value) => (typeof value === "boolean" ? null : "true or false"),
    },
  ],
  [
    "swarm.peerExchange",
    {
      default: true,
      why: "ask peers for the addresses of theirs, and tell them of ours, so that all find each other from one",
      expectation: (value) => (typeof value === "boolean" ? null : "true or false"),
    },
  ],
  [
    "server.host",
    {
      default: "127.0.0.1",
      why: "address of the API; beyond 127.0.0.1 and ::1 it has to have a token",
      expectation: (value) => (isIP(String(value)) > 0 ? null : "an IP address, like 127.0.0.1 or 0.0.0.0"),
    },
  ],
  ["server.port", { default: 2528, why: "TCP port of the API; 0 takes any that is free", expectation: port }],
  [
    "server.tokenFile",
    {
      default: "",
      why: "file with the token that clients of the API bear, at least 32 characters; RECONVERGE_API_TOKEN comes before it; empty demands none",
      expectation: absolutePath,
    },
  ],
  [
    "store.keyFile",
    {
      default: "",
      why: "file with 64 hexadecimal digits under which what is stored is sealed (AES-256-GCM); RECONVERGE_STORE_KEY comes before it; empty seals nothing",
      expectation: absolutePath,
    },
  ],
  [
    "log.level",
    {
      default: "info",
      why: `how much is logged to stderr: ${logLevels.join(", ")}`,
      expectation: (value) =>
        logLevels.some((level) => level === value) ? null : `one of ${logLevels.join(", ")}`,
    },
  ],
  [
    "log.components",
    {
      default: [],
      why: `other levels for single components, like network=debug; there are ${logComponents.join(", ")}`,
      expectation: listOf("a list of entries like network=debug", isComponentLevel),
    },
  ],
  ...configKeys.map((key): [string, Setting] => [
    `core.${key}`,
    {
      default: tunables[key].default,
      why: tunables[key].why,
      expectation: (value) => configExpectation(key, value),
    },
  ]),
]);

/** The configuration that these values, all of them checked, and the defaults make. */
export function createNodeConfig(values: ReadonlyMap<string, SettingValue>): NodeConfig {
  const value = <T extends SettingValue>(key: string) => (values.get(key) ?? settings.get(key)?.default) as T;
  const core = configKeys.flatMap((key) => (values.has(`core.${key}`) ? [[key, value(`core.${key}`)]] : []));
  return {
    name: value("name"),
    applications: value("applications"),
    swarm: {
      hosts: value("swarm.hosts"),
      port: value("swarm.port"),
      bootNodes: value("swarm.bootNodes"),
      mdns: value("swarm.mdns"),
      peerExchange: value("swarm.peerExchange"),
    },
    server: {
      host: value("server.host"),
      port: value("server.port"),
      tokenFile: value("server.tokenFile"),
    },
    store: { keyFile: value("store.keyFile") },
    log: { level: value("log.level"), components: value("log.components") },
    core: createConfig({ ...profiles[value("profile") as string], ...Object.fromEntries(core) }),
  };
}

function listOf(what: string, isRight: (entry: string) => boolean): Setting["expectation"] {
  return (value) =>
    Array.isArray(value) && value.every((entry) => typeof entry === "string" && isRight(entry)) ? null : what;
}

function isWholeNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value);
}
