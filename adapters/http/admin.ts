/** `/admin-api`: the routes the command line needs, in Calimero's shapes, and `status`, which is ours. */

import type { FastifyInstance } from "fastify";
import { toHex } from "../../core/ids.ts";
import { type ContextView, contextOf, HttpError, type NodeApi, readContextId, refusalOf } from "./api.ts";
import { toBase58 } from "./base58.ts";
import { readMembers, readRole } from "./members.ts";

interface WithId {
  readonly Params: { readonly id: string };
}

export function registerAdmin(server: FastifyInstance, api: NodeApi): void {
  const memberPublicKey = toBase58(api.author);
  const health = () => ({ data: { status: "alive", state: api.state() } });
  const ready = async () => {
    if (api.state() !== "running") throw new HttpError(503, `the node is not ready: it is ${api.state()}`);
    const contexts = (await api.contexts()).map(({ id, readiness }) => ({ id: toBase58(id), ...readiness }));
    return { data: { status: "ready", contexts } };
  };
  for (const prefix of ["", "/admin-api"]) {
    server.get(`${prefix}/health`, health);
    server.get(`${prefix}/ready`, ready);
  }
  server.get("/metrics", async (_, reply) => {
    reply.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return await api.metrics();
  });
  server.get("/admin-api/peers", () => ({
    count: api.peers().length,
    peers: api.peers().map(({ peer, contexts }) => ({ peer, contexts: contexts.map(toBase58) })),
  }));
  server.get("/admin-api/status", () => ({ data: api.status() }));
  server.get("/admin-api/store-copy", () => ({ data: api.storeCopy() }));
  server.post("/admin-api/store-copy", () => {
    api.beginStoreCopy();
    return { data: api.storeCopy() };
  });
  server.get("/admin-api/contexts", async () => ({
    data: { contexts: (await api.contexts()).map(show) },
  }));
  server.get<WithId>("/admin-api/contexts/:id", async ({ params }) => {
    const context = await api.context(readContextId(params.id));
    if (context === null) throw new HttpError(404, `no context ${params.id} on this node`);
    return { data: { ...show(context), parkedWork: await api.parked(context.id) } };
  });
  server.post("/admin-api/contexts", async ({ body }) => {
    const { members, open } = (body ?? {}) as { readonly members?: unknown; readonly open?: unknown };
    const call = {
      kind: "create-context",
      application: readApplication(body),
      members: readMembers(members),
      others: open === undefined || open === null ? null : readRole(open),
    } as const;
    const contextId = contextOf(await api.call(call));
    return { data: { contextId: toBase58(contextId), memberPublicKey, groupCreated: false } };
  });
  server.post<WithId>("/admin-api/contexts/:id/join", async ({ params }) => {
    const contextId = readContextId(params.id);
    contextOf(await api.call({ kind: "join-context", contextId }));
    return { data: { contextId: params.id, memberPublicKey } };
  });
  server.delete<WithId>("/admin-api/contexts/:id", async ({ params }) => {
    contextOf(await api.call({ kind: "delete-context", contextId: readContextId(params.id) }));
    return { data: { isDeleted: true } };
  });
  server.post<WithId>("/admin-api/contexts/:id/sync", async ({ params, body }) => {
    const peer = (body as { peer?: unknown } | null)?.peer ?? null;
    if (peer !== null && typeof peer !== "string") throw new HttpError(400, "expected a text in peer");
    const outcome = await api.call({ kind: "sync-now", contextId: readContextId(params.id), peer });
    if (outcome.kind !== "syncing") throw refusalOf(outcome, "a number of peers");
    return { data: { contextId: params.id, peers: outcome.peers } };
  });
  server.post<WithId>("/admin-api/contexts/:id/retry", async ({ params }) => {
    const outcome = await api.call({ kind: "retry-owed", contextId: readContextId(params.id) });
    if (outcome.kind !== "retrying") throw refusalOf(outcome, "a number of retries");
    return { data: { contextId: params.id, retrying: outcome.count } };
  });
}

function show(context: ContextView) {
  return {
    id: toBase58(context.id),
    /** As applications name it. */
    idHex: toHex(context.id),
    applicationId: context.application,
    contextStateHash: toBase58(context.stateRoot),
    dagHeads: context.heads.map(toBase58),
    isInitialized: context.applied > 0,
    appliedDeltas: context.applied,
    pendingDeltas: context.pending,
    strandedDeltas: context.stranded,
    entities: context.entities,
    owed: context.owed,
    parked: context.parked,
    checkpoint: {
      sealed: context.checkpoint.sealed === null ? null : toBase58(context.checkpoint.sealed),
      waitsFor: context.checkpoint.waitsFor.map(toBase58),
    },
    tombstoneRetentionMs: context.tombstoneRetentionMs,
    ownRole: context.ownRole,
    isInvited: context.isInvited,
    readiness: context.readiness,
  };
}

function readApplication(body: unknown): string {
  const application = (body as { applicationId?: unknown } | null)?.applicationId;
  if (typeof application !== "string") throw new HttpError(400, "expected a text in applicationId");
  return application;
}
