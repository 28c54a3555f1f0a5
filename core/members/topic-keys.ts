/**
 * Keys of a context's topic. A key is made of the genesis's nonce and the secrets of all rotations below; all of them are
 * parts of deltas that only members are given, on streams that prove who is at the other end. So whoever may read a
 * context holds its keys, and whoever was removed lacks the secret of the rotation that followed.
 */

import type { DeltaId, Topic } from "../ids.ts";
import type { Codec } from "../wire/codec.ts";
import { deriveTopicKey, type TopicKey } from "../wire/envelope.ts";
import type { Members } from "./members.ts";

export class TopicKeys {
  readonly #members: Members;
  readonly #codec: Codec;
  readonly #topic: Topic;
  /** By the secrets it is made of, and by name. Caches. */
  readonly #bySecrets = new Map<string, TopicKey>();
  readonly #byName = new Map<string, TopicKey>();
  /** Cuts whose keys are among them, so that a name nobody knows costs nothing the second time. */
  #cutsSeen = 0;

  constructor(members: Members, codec: Codec, topic: Topic) {
    this.#members = members;
    this.#codec = codec;
    this.#topic = topic;
  }

  /** As it is to be published: sealed with the key above these deltas; as it is where the context is open to all. */
  seal(content: Uint8Array, above: readonly DeltaId[]): Uint8Array {
    if (this.#members.others !== null) return content;
    const key = this.#keyOf(this.#members.secretsAbove(above));
    return this.#codec.sealEnvelope(content, { key, topic: this.#topic });
  }

  /** The key of this name, or null where it is none of those known here. */
  find(name: string): TopicKey | null {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    this.#keyOf(this.#members.secretsNow());
    const unseen = this.#members.secretsFrom(this.#cutsSeen);
    for (const secrets of unseen) this.#keyOf(secrets);
    this.#cutsSeen += unseen.length;
    return this.#byName.get(name) ?? null;
  }

  #keyOf(secrets: readonly string[]): TopicKey {
    const joined = secrets.join("");
    const known = this.#bySecrets.get(joined);
    if (known !== undefined) return known;
    const key = deriveTopicKey(secrets, this.#codec.crypto);
    this.#bySecrets.set(joined, key);
    this.#byName.set(key.name, key);
    return key;
  }
}
