// Where values come from over HTTP: `view` gives the JSON of a picture, `tile` gives bytes.
// Keeps the answers of the last few hundred requests (a few dozen tiles), and asks once for what is asked twice. Draws nothing.

const KEPT = { view: 400, tile: 32 };
const AHEAD = { atOnce: 2, waiting: 40 };

export class ViewError extends Error {
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

export class HttpSource {
  #answers = { view: new Map(), tile: new Map() };
  #base;
  #place;
  #wanted = 0;
  #ahead = 0;
  #batch = [];
  #waiting = [];

  /** `place` returns the parameters that every request carries: trace, call, row, lang. */
  constructor(base, place) {
    this.#base = base;
    this.#place = place;
  }

  view(name, parameters = {}) {
    return this.#first(this.#view(name, parameters));
  }

  tile(name, parameters = {}) {
    return this.#first(this.#ask("tile", name, parameters, (response) => response.arrayBuffer()));
  }

  /** Whether there is such a view or tool: a server has all of them. */
  offers() {
    return true;
  }

  /**
   * Asks ahead of time, a few at once, whenever nothing is waited for; a failure is told to nobody. What is asked in one
   * go goes before all that was asked earlier.
   */
  prefetch(name, parameters) {
    if (!this.#batch.length) {
      queueMicrotask(() => {
        this.#waiting = [...this.#batch, ...this.#waiting].slice(0, AHEAD.waiting);
        this.#batch = [];
        this.#goAhead();
      });
    }
    this.#batch.push([name, parameters]);
  }

  #view(name, parameters) {
    return this.#ask("view", name, parameters, (response) => response.json());
  }

  #first(answer) {
    this.#wanted += 1;
    const over = () => {
      this.#wanted -= 1;
      this.#goAhead();
    };
    answer.then(over, over);
    return answer;
  }

  #goAhead() {
    while (!this.#wanted && this.#ahead < AHEAD.atOnce && this.#waiting.length) {
      this.#ahead += 1;
      const over = () => {
        this.#ahead -= 1;
        this.#goAhead();
      };
      this.#view(...this.#waiting.shift()).then(over, over);
    }
  }

  #ask(kind, name, parameters, read) {
    const answers = this.#answers[kind];
    const url = new URL(`${kind}/${name}`, this.#base);
    const all = { ...this.#place(), ...parameters };
    for (const [key, value] of Object.entries(all)) {
      if (value !== undefined && value !== null) url.searchParams.set(key, value);
    }
    const key = url.href;
    const known = answers.get(key);
    if (known) {
      answers.delete(key);
      answers.set(key, known);
      return known;
    }
    const answer = fetch(url).then(async (response) => {
      if (response.ok) return read(response);
      const { error } = await response.json().catch(() => ({ error: response.statusText }));
      throw new ViewError(error, response.status);
    });
    answer.catch(() => answers.delete(key));
    answers.set(key, answer);
    while (answers.size > KEPT[kind]) answers.delete(answers.keys().next().value);
    return answer;
  }
}
