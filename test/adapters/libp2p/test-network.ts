// Networks on loopback that write down what they would tell a driver.

import { randomBytes } from "node:crypto";
import { publicKeyOfSeed } from "../../../adapters/crypto/identity.ts";
import { createNetwork } from "../../../adapters/libp2p/network.ts";
import { peerOfPublicKey } from "../../../adapters/libp2p/peer-name.ts";
import type { Intake, Network, NetworkInput } from "../../../adapters/libp2p/port.ts";
import type { PeerId } from "../../../core/ids.ts";

export class TestIntake implements Intake {
  readonly inputs: NetworkInput[] = [];
  /** Awaited before each frame is taken. */
  beforeFrame: () => Promise<void> = async () => {};
  hasRoomForGossip = true;

  push(input: NetworkInput): void {
    this.inputs.push(input);
  }

  async pushWhenRoom(input: NetworkInput): Promise<void> {
    this.inputs.push(input);
    await this.beforeFrame();
  }

  offer(input: NetworkInput): boolean {
    if (this.hasRoomForGossip) this.inputs.push(input);
    return this.hasRoomForGossip;
  }

  of<Kind extends NetworkInput["kind"]>(kind: Kind): Extract<NetworkInput, { kind: Kind }>[] {
    return this.inputs.filter((input): input is Extract<NetworkInput, { kind: Kind }> => input.kind === kind);
  }
}

export interface TestNetwork {
  readonly network: Network;
  readonly intake: TestIntake;
  readonly peer: PeerId;
  /** Messages of warnings in its log. */
  readonly warnings: readonly string[];
}

const running = new Set<Network>();

/** Stops what a test left running. */
export async function stopNetworks(): Promise<void> {
  await Promise.all([...running].map((network) => network.stop()));
  running.clear();
}

export function createKeyPair(): Uint8Array {
  const seed = new Uint8Array(randomBytes(32));
  return Uint8Array.of(...seed, ...publicKeyOfSeed(seed));
}

/** A started network that does not dial by itself. */
export async function startTestNetwork(
  about: {
    readonly boot?: readonly TestNetwork[];
    /** Addresses of others. */
    readonly bootNodes?: readonly string[];
    readonly listen?: readonly string[];
    readonly silencePatienceMs?: number;
    readonly peerExchange?: boolean;
  } = {},
): Promise<TestNetwork> {
  const keyPair = createKeyPair();
  const warnings: string[] = [];
  const network = await createNetwork({
    keyPair,
    listen: about.listen ?? ["/ip4/127.0.0.1/tcp/0"],
    bootNodes: [
      ...(about.bootNodes ?? []),
      ...(about.boot ?? []).flatMap(({ network: other }) => other.addresses()),
    ],
    mdns: false,
    peerExchange: about.peerExchange === true,
    log: { debug: () => {}, warn: (_, message) => warnings.push(message) },
    ...(about.silencePatienceMs === undefined ? {} : { silencePatienceMs: about.silencePatienceMs }),
  });
  const intake = new TestIntake();
  await network.start(intake);
  running.add(network);
  return { network, intake, warnings, peer: peerOfPublicKey(keyPair.subarray(32)) };
}

/** Has `from` dial `to`, which it must have as a boot node; resolves when both know. */
export async function connect(from: TestNetwork, to: TestNetwork): Promise<void> {
  from.network.perform({ kind: "dial", peer: to.peer });
  await until(`${from.peer} and ${to.peer} are connected`, () =>
    [from, to].every(
      ({ intake }, index) =>
        intake.of("peer-connected").filter(({ peer }) => peer === (index === 0 ? to : from).peer).length > 0,
    ),
  );
}

/** Waits generously. */
export async function until(what: string, check: () => boolean, patienceMs = 30_000): Promise<void> {
  const startedMs = performance.now();
  while (!check()) {
    if (performance.now() - startedMs > patienceMs) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Time for what must not happen to happen. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
