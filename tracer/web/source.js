// Where values come from over HTTP: `view` gives the JSON of a picture, `tile` gives bytes.
// Keeps the answers of the last few hundred requests, and asks once for what is asked twice. Draws nothing.

const KEPT = 400;

export class ViewError extends Error {
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

export class HttpSource {
  #answers = new Map();
  #base;
  #place;

  /** `place` returns the parameters that every request carries: trace, call, row, lang. */
  constructor(base, place) {
    this.#base = base;
    this.#place = place;
  }

  view(name, parameters = {}) {
    return this.#ask(`view/${name}`, parameters, (response) => response.json());
  }

  tile(name, parameters = {}) {
    return this.#ask(`tile/${name}`, parameters, (response) => response.arrayBuffer());
  }

  /** Asks ahead of time; a failure is told to nobody. */
  prefetch(name, parameters) {
    this.view(name, parameters).catch(() => {});
  }

  #ask(path, parameters, read) {
    const url = new URL(path, this.#base);
    const all = { ...this.#place(), ...parameters };
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined && value !== null) url.searchParams.set(name, value);
    }
    const key = url.href;
    const known = this.#answers.get(key);
    if (known) {
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known;
    }
    const answer = fetch(url).then(async (response) => {
      if (response.ok) return read(response);
      const { error } = await response.json().catch(() => ({ error: response.statusText }));
      throw new ViewError(error, response.status);
    });
    answer.catch(() => this.#answers.delete(key));
    this.#answers.set(key, answer);
    while (this.#answers.size > KEPT) this.#answers.delete(this.#answers.keys().next().value);
    return answer;
  }
}
