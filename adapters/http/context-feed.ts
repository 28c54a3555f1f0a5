/**
 * What one client is told of the contexts it listens to, in Calimero's shapes: one message at a time, the next once
 * the last has left, so a client that reads slowly is told of many changes as one, and little waits for it.
 */

import { unreachable } from "../../core/assert.ts";
import type { ApplicationEvent } from "../../core/effect.ts";
import type { ContextId } from "../../core/ids.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { ContextNews, ContextStanding, NodeApi } from "./api.ts";
import { fromBase58, noContextId, toBase58 } from "./base58.ts";

/** What a client names: a context, or `*`, every one there is. */
export type Named = ContextId | "*";

/** Contexts one client may name. */
const contextsMax = 10_000;

/** The contexts a client listens to. */
export class Interest {
  readonly #contexts = new Set<Named>();

  has(contextId: ContextId): boolean {
    return this.#contexts.has("*") || this.#contexts.has(contextId);
  }

  all(): readonly string[] {
    return Array.from(this.#contexts, showNamed);
  }

  /** Throws a `SubscriptionError` where there would be too many. */
  add(contextIds: readonly Named[]): void {
    const added = new Set(contextIds.filter((id) => !this.#contexts.has(id)));
    if (this.#contexts.size + added.size > contextsMax)
      throw new SubscriptionError(`one client listens to at most ${contextsMax} contexts`);
    for (const contextId of added) this.#contexts.add(contextId);
  }

  /** Gives those that were in it. */
  remove(contextIds: readonly Named[]): readonly Named[] {
    return contextIds.filter((contextId) => this.#contexts.delete(contextId));
  }
}

/** A subscription that cannot be. The message is one sentence. */
export class SubscriptionError extends Error {
  override readonly name = "SubscriptionError";
}

/** As a client wrote it. */
export function showNamed(named: Named): string {
  return named === "*" ? named : toBase58(named);
}

/** What `{contextIds: […]}` names. Throws a `SubscriptionError`. */
export function readContextIds(params: Json | undefined): readonly Named[] {
  const named = params !== undefined && isJsonObject(params) ? (params.contextIds ?? []) : null;
  if (!Array.isArray(named)) throw new SubscriptionError('expected params like {"contextIds": ["…"]}');
  return named.map((text) => {
    if (typeof text !== "string") throw new SubscriptionError("expected texts in contextIds");
    const contextId = text === "*" ? text : fromBase58<ContextId>(text);
    if (contextId === null) throw new SubscriptionError(noContextId(text));
    return contextId;
  });
}

/** Why a feed ended, as a client is told. */
export type FeedEnd = { readonly isOurs: boolean; readonly why: string };

const stopping: FeedEnd = { isOurs: true, why: "the node stops" };

export class ContextFeed {
  readonly #api: NodeApi;
  readonly #news: AsyncIterableIterator<ContextNews>;
  readonly #told = new Map<ContextId, string>();

  /** Hears from now on, and tells once it runs. */
  constructor(api: NodeApi, interest: Interest) {
    this.#api = api;
    this.#news = api.listen((contextId) => interest.has(contextId));
  }

  /** Sends one message after the other, until it is closed, the node stops or the client is too slow. Rejects as `send` does. */
  async run(send: (message: JsonObject) => Promise<void>): Promise<FeedEnd> {
    for await (const news of this.#news) {
      if (news.kind === "missed") {
        return {
          isOurs: false,
          why: `too slow: ${news.count} events were not kept; look at the state itself`,
        };
      }
      const message = await this.#messageOf(news);
      if (message !== null) await send(message);
    }
    return stopping;
  }

  async close(): Promise<void> {
    await this.#news.return?.();
  }

  /** Null where there is nothing new to tell. */
  async #messageOf(news: Exclude<ContextNews, { kind: "missed" }>): Promise<JsonObject | null> {
    const { contextId } = news;
    const standing = await this.#api.standing(contextId);
    if (standing === null) return null;
    const about = (type: string, data: JsonObject) => ({ contextId: toBase58(contextId), type, data });
    switch (news.kind) {
      case "state-changed": {
        const events = news.events.length === 0 ? null : news.events.map(showEvent);
        return about("StateMutation", { newRoot: toBase58(standing.stateRoot), events });
      }
      case "sync-changed": {
        const status = showSync(standing);
        const text = JSON.stringify(status);
        if (this.#told.get(contextId) === text) return null;
        this.#told.set(contextId, text);
        return about("SyncStatus", status);
      }
      default:
        return unreachable(news);
    }
  }
}

/** The content as the bytes of its JSON. */
function showEvent({ kind, content, handler }: ApplicationEvent): JsonObject {
  return { kind, data: [...new TextEncoder().encode(JSON.stringify(content))], handler };
}

function showSync({ sync }: ContextStanding): JsonObject {
  const { state, failureCount, lastError } = sync;
  return { syncState: { state }, failureCount, ...(lastError === null ? {} : { lastError }) };
}
