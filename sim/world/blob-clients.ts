/**
 * Clients of nodes that put, get and delete blobs, a chunk at a time as the API does: what a scenario's calls of
 * `put-blob`, `get-blob` and `delete-blob` do. They note who got what whole, and whoever was given what is not it.
 */

import { chunkCountOf } from "../../core/blobs/blob.ts";
import { type BlobReference, referencesIn } from "../../core/blobs/references.ts";
import type { Outcome } from "../../core/effect.ts";
import type { ContextId } from "../../core/ids.ts";
import type { BlobCall, Input, RequestId } from "../../core/input.ts";
import { equalBytes } from "../../core/wire/cbor.ts";
import { type BlobOperation, readBlobOperation } from "../plan/blob-operations.ts";
import type { PlanOperation } from "../plan/plan.ts";
import { blobContent } from "./blob-content.ts";
import type { SimNode } from "./sim-node.ts";

interface Task {
  readonly node: number;
  readonly contextId: ContextId;
  readonly operation: BlobOperation;
  /** As it is called in the scenario. */
  readonly context: string;
  /** Of a blob that is read. */
  readonly reference: BlobReference | null;
  /** Chunks done. */
  done: number;
}

export interface BlobClientsMemory {
  /** By the number of the operation. */
  readonly tasks: Map<number, Task>;
  /** By context and name of a blob: nodes whose client put it, or got it whole. */
  readonly had: Map<string, Set<number>>;
  /** Nodes that gave a client what is not the blob, with its name. */
  readonly wrong: { readonly node: number; readonly name: string }[];
}

/** What these clients need of the world. */
export interface BlobClientsWorld {
  /** Gives a node an input now, as far as it takes any. */
  deliver(node: number, input: Input): void;
  /** An operation is over. */
  answered(node: SimNode, operation: number, outcome: Outcome): void;
}

export class BlobClients {
  readonly memory: BlobClientsMemory;
  readonly #world: BlobClientsWorld;

  constructor(
    world: BlobClientsWorld,
    memory: BlobClientsMemory = { tasks: new Map(), had: new Map(), wrong: [] },
  ) {
    this.memory = memory;
    this.#world = world;
  }

  /** Begins an operation; false where it is none on blobs. */
  begin(
    node: SimNode,
    index: number,
    about: { readonly operation: PlanOperation; contextId: ContextId },
  ): boolean {
    const { operation, contextId } = about;
    const read = readBlobOperation(operation);
    if (read === null) return false;
    const replica = node.core?.replicas().get(contextId);
    const references = replica === undefined ? [] : referencesIn(replica.state);
    const reference = references.find(({ name }) => name === read.name) ?? null;
    const { context } = operation;
    this.memory.tasks.set(index, {
      node: node.index,
      contextId,
      context,
      operation: read,
      reference,
      done: 0,
    });
    this.#next(node, index);
    return true;
  }

  /** A node answered a call made here; false where it was not. */
  replied(node: SimNode, request: RequestId, outcome: Outcome): boolean {
    const index = typeof request === "string" ? Number(request.split("/")[0]) : Number.NaN;
    const task = this.memory.tasks.get(index);
    if (task === undefined) return false;
    if (outcome.kind === "refused") {
      this.#end(node, index, outcome);
    } else if (outcome.kind === "blob-chunk") {
      this.#took(node, index, { task, outcome });
    } else if (isLast(task)) {
      if (task.operation.kind === "put-blob") this.#note(task);
      this.#end(node, index, outcome);
    } else {
      task.done += 1;
      this.#next(node, index);
    }
    return true;
  }

  /** A node stopped: its clients get no answers. */
  halted(node: SimNode): void {
    for (const [index, task] of this.memory.tasks)
      if (task.node === node.index) this.memory.tasks.delete(index);
  }

  /** Did a client at the node put the blob, or get it whole? */
  had(node: SimNode, context: string, name: string): boolean {
    return this.memory.had.get(`${context}/${name}`)?.has(node.index) === true;
  }

  #next(node: SimNode, index: number): void {
    const task = this.memory.tasks.get(index);
    if (task === undefined) return;
    const call = callOf(task, index);
    if (call === null) {
      const { name } = task.operation;
      return this.#end(node, index, {
        kind: "refused",
        code: "blob-not-found",
        message: `no blob named "${name}" is known here`,
      });
    }
    const request = `${index}/${task.done}`;
    this.#world.deliver(node.index, { kind: "request", request, call });
  }

  #took(
    node: SimNode,
    index: number,
    { task, outcome }: { task: Task; outcome: Extract<Outcome, { kind: "blob-chunk" }> },
  ): void {
    const { name } = task.operation;
    const isRight = equalBytes(outcome.bytes, blobContent(name, outcome.size, task.done));
    if (!isRight) this.memory.wrong.push({ node: node.index, name });
    task.done += 1;
    if (isRight && task.done < chunkCountOf(outcome.size)) return this.#next(node, index);
    if (isRight) this.#note(task);
    this.#end(node, index, { kind: "executed", output: null, written: null });
  }

  #note({ context, operation, node }: Task): void {
    const key = `${context}/${operation.name}`;
    this.memory.had.set(key, (this.memory.had.get(key) ?? new Set()).add(node));
  }

  #end(node: SimNode, index: number, outcome: Outcome): void {
    this.memory.tasks.delete(index);
    this.#world.answered(node, index, outcome);
  }
}

/** The next call of a task; null where there is no such blob to call for. */
function callOf({ operation, contextId, reference, done }: Task, upload: number): BlobCall | null {
  switch (operation.kind) {
    case "put-blob": {
      const { name, bytes } = operation;
      if (done > 0 && done >= chunkCountOf(bytes))
        return { kind: "finish-blob", upload, name, mediaType: "application/octet-stream" };
      return { kind: "write-blob", upload, contextId, chunk: blobContent(name, bytes, done) };
    }
    case "get-blob":
      return reference && { kind: "read-blob", contextId, blob: reference.blob, chunk: done };
    case "delete-blob":
      return reference && { kind: "delete-blob", contextId, blob: reference.blob };
  }
}

/** Is what is under way the call that ends it? */
function isLast({ operation, done }: Task): boolean {
  if (operation.kind === "put-blob") return done > 0 && done >= chunkCountOf(operation.bytes);
  return true;
}
