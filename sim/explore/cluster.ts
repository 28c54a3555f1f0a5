/** The nodes of a small plan as automatons, and what any of them may do next. */

import type { Application } from "../../core/app/application.ts";
import { present } from "../../core/assert.ts";
import { byteString, type ContextId, type PeerId, type Topic, topicOf } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import { createNodeMemory } from "../../core/node.ts";
import { type Codec, createCodec } from "../../core/wire/codec.ts";
import type { SimCrypto } from "../crypto.ts";
import type { Plan, PlanOperation } from "../plan/plan.ts";
import { createNodes } from "../world/create-nodes.ts";
import { createContexts } from "../world/genesis.ts";
import { createSharedCodec } from "../world/shared-codec.ts";
import type { SimNode } from "../world/sim-node.ts";
import { Automaton, type NodeState, type Step } from "./automaton.ts";
import type { Deliveries } from "./interleavings.ts";

/** What a node published. */
interface Message {
  readonly from: PeerId;
  readonly topic: Topic;
  readonly bytes: Uint8Array;
}

/** Members as indexes of nodes. */
export interface ClusterContext {
  readonly contextId: ContextId;
  readonly members: readonly number[];
}

export interface NodeStep {
  readonly node: number;
  readonly step: Step;
}

export interface ClusterOptions {
  readonly crypto: SimCrypto;
  readonly applications: readonly Application[];
  /** How nodes read and write. Default: as always, what one has decoded being shared by all. */
  readonly codec?: Codec;
}

export class Cluster {
  readonly automatons: readonly Pick<
    Automaton,
    "start" | "take" | "stateCount" | "isOneMessageEach" | "refused"
  >[];
  readonly contexts: readonly ClusterContext[];
  readonly #nodes: readonly SimNode[];
  readonly #plan: Plan;
  readonly #contextIds: ReadonlyMap<string, ContextId>;
  /** By node: the numbers of its operations, in order. */
  readonly #operations: readonly (readonly number[])[];
  readonly #membersOf: ReadonlyMap<Topic, ReadonlySet<number>>;
  readonly #messages: Message[] = [];
  readonly #numbers = new Map<string, number>();

  /** Of a plan all of whose nodes are there from the start. */
  constructor(plan: Plan, { crypto, applications, ...options }: ClusterOptions) {
    const codec = options.codec ?? createSharedCodec(createCodec(crypto.crypto));
    const surroundings = { perform() {}, committing() {}, appended() {} };
    this.#plan = plan;
    this.#nodes = createNodes(plan, { crypto, codec, applications, seed: plan.seed, surroundings });
    this.#contextIds = createContexts(plan, this.#nodes);
    this.contexts = plan.contexts.map(({ id, members }) => ({ contextId: this.#idOf(id), members }));
    this.#membersOf = new Map(
      this.contexts.map(({ contextId, members }) => [topicOf(contextId), new Set(members)]),
    );
    this.#operations = plan.nodes.map((_, index) =>
      plan.operations.flatMap(({ node }, operation) => (node === index ? operation : [])),
    );
    this.automatons = this.#nodes.map((node) => this.#automatonOf(node));
  }

  nameOf(node: number): string {
    return present(this.#plan.nodes[node], "a node of the plan").id;
  }

  /** What may happen next: each node's next operation, and every message on its way. */
  stepsFrom(states: readonly NodeState[]): readonly NodeStep[] {
    const published = states.flatMap((state) => state.published);
    return states.flatMap(({ done, received, published: own }, node) => {
      const operation = this.#operations[node]?.[done];
      const steps: NodeStep[] =
        operation === undefined ? [] : [{ node, step: { kind: "operation", operation } }];
      for (const message of published) {
        const isNew = !received.includes(message) && !own.includes(message);
        if (isNew && this.#isFor(message, node)) steps.push({ node, step: { kind: "delivery", message } });
      }
      return steps;
    });
  }

  /** To how many others each operation's message goes, if it publishes one. */
  get deliveries(): Deliveries {
    return this.#operations.map((operations) =>
      operations.map((operation) => {
        const members = this.#plan.contexts.find(
          ({ id }) => id === this.#operation(operation).context,
        )?.members;
        return (members?.length ?? 1) - 1;
      }),
    );
  }

  describe(node: number, step: Step): string {
    if (step.kind === "operation") return `${this.nameOf(node)} does ${this.#callOf(step.operation)}`;
    const { from } = this.#message(step.message);
    return `${this.nameOf(node)} receives message ${step.message} of ${from}`;
  }

  #callOf(operation: number): string {
    const { context, method, args } = this.#operation(operation);
    return `${context}.${method}(${JSON.stringify(args)})`;
  }

  #automatonOf(node: SimNode): Automaton {
    return new Automaton({
      now: node.clock.now(0),
      store: node.disk,
      memory: createNodeMemory(node.randomWords()),
      coreOver: (store, memory) => node.coreOver(store, memory),
      inputOf: (step) => this.#inputOf(step),
      published: (topic, bytes) => this.#numberOf({ from: node.id as PeerId, topic, bytes }),
    });
  }

  #inputOf(step: Step): Input {
    if (step.kind === "delivery") {
      const { from, topic, bytes } = this.#message(step.message);
      return { kind: "gossip", gossip: step.message, from, topic, message: bytes };
    }
    const { context, method, args } = this.#operation(step.operation);
    const call = { kind: "execute", contextId: this.#idOf(context), method, args } as const;
    return { kind: "request", request: step.operation, call };
  }

  #numberOf(message: Message): number {
    const content = byteString(message.bytes);
    const known = this.#numbers.get(content);
    if (known !== undefined) return known;
    this.#numbers.set(content, this.#messages.length);
    return this.#messages.push(message) - 1;
  }

  #isFor(message: number, node: number): boolean {
    return this.#membersOf.get(this.#message(message).topic)?.has(node) ?? false;
  }

  #message(number: number): Message {
    return present(this.#messages[number], "a published message");
  }

  #operation(number: number): PlanOperation {
    return present(this.#plan.operations[number], "an operation of the plan");
  }

  #idOf(context: string): ContextId {
    return present(this.#contextIds.get(context), "the id of a context");
  }
}
