/** A copy of a running node's store, beside it, for `node backup` to take from there. One is made at a time. */

import { rm } from "node:fs/promises";
import type { StoreCopyState } from "../adapters/http/api.ts";
import type { DiskStore } from "../adapters/level/level-store.ts";
import { messageOf } from "../adapters/level/store.ts";

/** Where it is made. */
export function copyBeside(storePath: string): string {
  return `${storePath}.copy`;
}

export class StoreCopy {
  readonly #store: DiskStore;
  readonly #path: string;
  #underWay: Promise<void> = Promise.resolve();
  /** One is to be made after that which is made: whoever asked for it wants what was written meanwhile, too. */
  #isAskedAgain = false;
  #state: StoreCopyState = { state: "none" };

  constructor(store: DiskStore, storePath: string) {
    this.#store = store;
    this.#path = copyBeside(storePath);
  }

  get state(): StoreCopyState {
    return this.#state;
  }

  /** Begins one in the place of the last, once none is made. */
  begin(): void {
    this.#isAskedAgain = this.#state.state === "copying";
    if (this.#isAskedAgain) return;
    this.#state = { state: "copying" };
    this.#underWay = this.#make();
  }

  /** Resolves once none is made; a store that was closed meanwhile ends it. */
  async ended(): Promise<void> {
    await this.#underWay;
  }

  async #make(): Promise<void> {
    try {
      do {
        this.#isAskedAgain = false;
        await rm(this.#path, { recursive: true, force: true });
        await this.#store.copyTo(this.#path);
      } while (this.#isAskedAgain);
      this.#state = { state: "copied" };
    } catch (error) {
      this.#state = { state: "failed", why: messageOf(error) };
    }
  }
}
