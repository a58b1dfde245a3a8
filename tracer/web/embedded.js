// Where values come from in a page that stands alone: packs inside the page, each opened when it is first needed.
// Has the methods of `HttpSource`; what the page does not hold is refused with a text. Fetches nothing.

import { ViewError } from "./source.js";

const KEPT = 24;

export class EmbeddedSource {
  #packs;
  #names;
  #size;
  #refusal;
  #answers;
  #opened = new Map();

  /**
   * `packs` are texts by name, `size` is the number of steps in a pack, `refusal` what is said of a missing value.
   * `answers`, by view, are computed from what is here: {needs, answer(parameters, held)}.
   */
  constructor(packs, { size, refusal, answers = {} }) {
    this.#packs = packs;
    this.#answers = answers;
    this.#names = new Set([...packs.keys()].flatMap((name) => {
      const [key] = name.split("@");
      return [key, key.split("?")[0]];
    }));
    this.#size = size;
    this.#refusal = refusal;
  }

  /** Whether the page has something of this view; `name` may have parameters, as `keyOf` writes them. */
  offers(name) {
    return this.#names.has(this.#answers[name]?.needs ?? name);
  }

  async view(name, parameters) {
    const computed = this.#answers[name];
    return computed ? computed.answer(parameters, (held, asked) => this.#held(held, asked)) : this.#held(name, parameters);
  }

  async #held(name, { step, link, ...parameters } = {}) {
    const key = keyOf(name, parameters);
    const pack = step === undefined ? key : `${key}@${Math.floor(step / this.#size)}`;
    const found = this.#packs.has(pack) ? (await this.#open(pack))[step ?? ""] : undefined;
    if (!found) throw new ViewError(this.#refusal, 404);
    if ("error" in found) throw new ViewError(found.error, 404);
    return found.value;
  }

  async tile() {
    throw new ViewError(this.#refusal, 404);
  }

  /** Everything is here already. */
  prefetch() {}

  #open(name) {
    const known = this.#opened.get(name);
    if (known) return known;
    const opening = unpacked(this.#packs.get(name));
    this.#opened.set(name, opening);
    if (this.#opened.size > KEPT) this.#opened.delete(this.#opened.keys().next().value);
    return opening;
  }
}

/** Returns what a view is asked by, as the packs are named. */
export function keyOf(name, parameters) {
  const asked = Object.keys(parameters).filter((one) => parameters[one] !== undefined && parameters[one] !== null)
    .sort().map((one) => `${one}=${parameters[one]}`);
  return asked.length ? `${name}?${asked.join("&")}` : name;
}

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}
