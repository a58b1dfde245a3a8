// Which heads the attention page shows, and how they are put together. Layer, head and source are part of the position
// (and so of the link); the rest lasts as long as the page. Asks for nothing.

const kept = { mode: "weight", over: "mean", span: "last_third", skipsTemplate: false, measure: "", averages: false, picture: "map" };

export class Choice {
  #position;
  #subscribers = new Set();
  #scheduled = false;
  #stop;
  #numPrompt = null;
  /** What the layers are, once known: [{layer, num_heads, …}]. */
  layers = [];

  constructor(position) {
    this.#position = position;
    this.#stop = position.subscribe(() => this.#tell());
  }

  get mode() { return kept.mode; }
  get over() { return kept.over; }
  get span() { return kept.span; }
  get skipsTemplate() { return kept.skipsTemplate; }
  get averages() { return kept.averages; }
  get picture() { return kept.picture; }
  get step() { return this.#position.step; }
  get layer() { return this.#position.selection.layer; }
  get head() { return this.layer === undefined ? undefined : this.#position.selection.head; }

  /** What the head grid is colored by. */
  get measure() {
    if (kept.mode === "contribution") return "contribution";
    return kept.measure || (this.source === undefined ? "previous" : "source");
  }

  /** The selected place, where this step has it; unknown until the length of the prompt is. */
  get source() {
    const { source } = this.#position.selection;
    return source === undefined || this.#numPrompt === null || source >= this.#numPrompt + this.step ? undefined : source;
  }

  /** The parameters that name the heads. */
  get heads() {
    const { layer, head } = this;
    if (layer === undefined) return { over: kept.over, span: kept.span };
    return head === undefined ? { layer, over: kept.over } : { layer, head };
  }

  /** Changes {mode, over, span, skipsTemplate, measure, averages, picture}. */
  set(changes) {
    if (Object.entries(changes).every(([name, value]) => kept[name] === value)) return;
    Object.assign(kept, changes);
    this.#tell();
  }

  /** Selects a head, or a layer without one, or nothing. */
  select(layer, head) {
    this.#position.choose({ layer, head });
  }

  /** Selects a head, or lets it go where it is the selected one. */
  toggle(layer, head) {
    if (this.layer === layer && this.head === head) this.select();
    else this.select(layer, head);
  }

  /** Selects a place of the text, or lets it go. */
  pick(place) {
    this.#position.choose({ source: this.source === place ? undefined : place });
  }

  knowPrompt(count) {
    if (this.#numPrompt === count) return;
    this.#numPrompt = count;
    if (this.#position.selection.source !== undefined) this.#tell();
  }

  knowLayers(layers) {
    if (this.layers.length === layers.length) return;
    this.layers = layers;
    this.#tell();
  }

  subscribe(callback) {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  }

  end() {
    this.#stop();
    this.#subscribers.clear();
  }

  #tell() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const callback of [...this.#subscribers]) callback(this);
    });
  }
}
