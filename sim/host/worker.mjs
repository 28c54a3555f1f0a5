// The worker of a checkout: threads do not inherit the TypeScript loader, so it is registered here.
import { register } from "tsx/esm/api";

register();
const worker = await import("./worker.ts");

export const runInWorker = worker.runInWorker;
export const fuzzInWorker = worker.fuzzInWorker;
export const shrinkInWorker = worker.shrinkInWorker;
