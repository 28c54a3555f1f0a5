/** `reconverge node run` */

import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Logger, pino } from "pino";
import type { Application } from "../../core/app/application.ts";
import { applicationsOf, loadInstalled } from "../applications.ts";
import { readConfig } from "../config-file.ts";
import { Failure } from "../failure.ts";
import { nodeFolder, removeRunRecord, writeRunRecord } from "../home.ts";
import type { NodeOptions } from "../node.ts";
import { readApiToken, readStoreSecret } from "../secrets.ts";
import { obtainSeed } from "../seed.ts";
import type { RunOptions } from "./index.ts";
import { readWhole, reportFailure, show } from "./output.ts";

const stopPatienceMs = 5_000;
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

export async function run(options: RunOptions): Promise<void> {
  const isJson = options.json === true;
  try {
    await runUntilStopped(options, isJson);
  } catch (error) {
    reportFailure(isJson, error);
  }
  // What a library leaves open must not keep a stopped node from ending.
  process.exit();
}

async function runUntilStopped(options: RunOptions, isJson: boolean): Promise<void> {
  const folder = nodeFolder(options.home, options.name);
  const config = await readConfig(folder.configPath);
  const record = recordOf(options);
  const seed = await obtainSeed(folder);
  const storeSecret = await readStoreSecret(config.store.keyFile);
  const apiToken = await readApiToken(config.server);
  const log = pino(
    { level: config.log.level, base: { node: config.name, pid: process.pid } },
    pino.destination({ dest: 2, sync: true }),
  );
  const stopped = untilStopped();
  // Loaded only now: it takes a while, and a mistake in the configuration should be told at once.
  const { ReconvergeNode } = await import("../node.ts");
  const applications = await loadApplications(config.applications, log);
  const node = new ReconvergeNode({
    config,
    seed,
    storePath: folder.storePath,
    blobsPath: folder.blobsPath,
    storeSecret,
    apiToken,
    applications,
    log,
    acceptLoss: options.acceptLoss === true,
    ...record,
    failed: stopped.fail,
  });
  await node.start();
  try {
    const ready = { peerId: node.peer, addresses: node.addresses(), apiUrl: node.apiUrl };
    await writeRunRecord(folder, { pid: process.pid, ...ready });
    const { peerId, addresses, apiUrl } = ready;
    show(isJson, ready, `ready: peer ${peerId}, addresses ${addresses.join(" ")}, API ${apiUrl}`);
    log.info({ signal: await stopped.promise }, "stopping");
  } catch (error) {
    log.fatal({ err: error }, "the node cannot go on");
    throw error;
  } finally {
    await Promise.race([node.stop(), patience()]);
    await removeRunRecord(folder);
  }
  log.info("stopped");
}

const recordMibMax = 4_096;

function recordOf({ record, recordMib }: RunOptions): Pick<NodeOptions, "record"> {
  if (record === undefined && recordMib !== undefined)
    throw new Failure(
      "refused",
      "usage",
      "--record-mib says how large a recording is: expected --record as well",
    );
  if (record === undefined) return {};
  const mebibytes = readWhole(recordMib ?? "64", "--record-mib", { min: 1, max: recordMibMax });
  return { record: { folder: resolve(record), fileBytesMax: mebibytes * 1_048_576 } };
}

/** The applications of the files that can be loaded. The others do not keep a node from its other contexts. */
async function loadApplications(paths: readonly string[], log: Logger): Promise<readonly Application[]> {
  const installed = await loadInstalled(paths);
  for (const file of installed) {
    if (file.kind === "loaded") continue;
    const effect = "calls of contexts that need it are refused as ApplicationNotInstalled";
    log.error({ file: file.path }, `an installed application cannot be loaded, ${effect}: ${file.why}`);
  }
  return applicationsOf(installed).map(({ application }) => application);
}

/** A node that failed may fail to stop as well. */
async function patience(): Promise<void> {
  await setTimeout(stopPatienceMs);
}

/** Resolves at the first signal, rejects when the node fails; a second signal ends the process at once. */
function untilStopped(): { readonly promise: Promise<string>; readonly fail: (error: unknown) => void } {
  let fail: (error: unknown) => void = () => {};
  const promise = new Promise<string>((resolve, reject) => {
    fail = reject;
    let isStopping = false;
    for (const [signal, exitCode] of Object.entries(signals)) {
      process.on(signal, () => {
        if (isStopping) process.exit(exitCode);
        isStopping = true;
        resolve(signal);
      });
    }
    process.once("uncaughtException", reject);
    process.once("unhandledRejection", reject);
  });
  // A failure while the node starts is told by `start`; whoever awaits this promise hears of the others.
  promise.catch(() => {});
  return { promise, fail: (error) => fail(error) };
}
