/** How gossipsub is set up, and why: its defaults suit public networks of strangers with small messages. */

import { createHash } from "node:crypto";
import type { GossipsubOpts, Message } from "@chainsafe/libp2p-gossipsub";
import { createTopicScoreParams } from "@chainsafe/libp2p-gossipsub/score";

/**
 * Topics that a node may subscribe to. A node names all of them in one message when it connects; a peer that is
 * told of more than its limits below allow ends the stream without a word. A quarter less than those, for slack.
 */
export const topicsMax = 3_000;

export const gossipOptions: Partial<GossipsubOpts> = {
  // Deltas and heartbeats carry their own signatures.
  globalSignaturePolicy: "StrictNoSign",
  msgIdFn: messageId,
  // The core judges each message, see `Gossip.judge`.
  asyncValidation: true,
  // The same delta may be published again, by design; and to nobody: heads are announced to whoever subscribes.
  ignoreDuplicatePublishError: true,
  allowPublishToZeroTopicPeers: true,
  fallbackToFloodsub: false,
  // To the mesh only; to every subscriber costs too much above a few dozen peers.
  floodPublish: false,
  emitSelf: false,
  doPX: false,
  // One message is at most a little above 1 MiB, but an answer to IWANT bundles many; a longer one ends the stream.
  maxInboundDataLength: 16_777_216,
  // Topics one peer may name: about 1.1 KB each, so some 3,800 contexts.
  maxTopicBytesPerPeer: 4_194_304,
  decodeRpcLimits: {
    maxSubscriptions: 5_000,
    maxMessages: 5_000,
    maxIhaveMessageIDs: 5_000,
    maxIwantMessageIDs: 5_000,
    maxIdontwantMessageIDs: 512,
    maxControlMessages: 1_000,
    maxPeerInfos: 16,
  },
  scoreParams: {
    // Many nodes on one host, or in one office, are no attack here.
    IPColocationFactorWhitelist: new Set(["127.0.0.1", "::1"]),
    IPColocationFactorThreshold: 100,
    // A peer that is busy for a moment breaks a few promises; without this slack it is shunned for that.
    behaviourPenaltyThreshold: 10,
  },
};

/** Only what the core rejects counts, squared: nine such messages within a few seconds and a peer is shunned. */
export const topicScoreParams = createTopicScoreParams({
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.9,
});

/**
 * SHA-256 of topic and content. With the topic, because a delta published under another topic first would
 * otherwise count as seen where it belongs.
 */
function messageId({ topic, data }: Message): Uint8Array {
  return createHash("sha256").update(topic).update("\0").update(data).digest();
}
