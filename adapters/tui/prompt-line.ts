/** A line that is typed: letters, backspace, enter, escape. */

import type { PromptView } from "./view-model.ts";

interface PromptOptions {
  /** Gives what is wrong with the text, or null where it is taken. */
  readonly submit?: (text: string) => string | null;
  /** Told of every change, for what follows the typing; escape empties it. */
  readonly changed?: (text: string) => void;
}

const textMax = 60;

export class PromptLine {
  readonly #label: string;
  readonly #options: PromptOptions;
  #text: string;
  #problem: string | null = null;

  constructor(label: string, text: string, options: PromptOptions) {
    this.#label = label;
    this.#text = text;
    this.#options = options;
  }

  get view(): PromptView {
    return { label: this.#label, text: this.#text, problem: this.#problem };
  }

  /** True when it is done with. */
  press(key: string): boolean {
    switch (key) {
      case "return":
        this.#problem = this.#options.submit?.(this.#text) ?? null;
        return this.#problem === null;
      case "escape":
        this.#change("");
        return true;
      case "backspace":
      case "delete":
        this.#change(this.#text.slice(0, -1));
        return false;
      default:
        // Names of other keys are longer than a character.
        if (Array.from(key).length === 1) this.#change((this.#text + key).slice(0, textMax));
        return false;
    }
  }

  #change(text: string): void {
    this.#text = text;
    this.#problem = null;
    this.#options.changed?.(text);
  }
}
