// Asks for what is wanted now, one request at a time: while an answer is under way only the newest wish is kept, and an
// answer that is no longer wanted is dropped. `Ahead` asks for what may be wanted next, when nothing else is asked;
// `Neighbors` for what the steps around the present one show.

const IDLE_MS = 30;
const SLOW_MS = 300;

// An answer that is known already must not hold up the frame in which everything else follows the step.
const painted = () => new Promise((done) => setTimeout(done));

export class Latest {
  #wanted = null;
  #isBusy = false;
  #isEnded = false;
  #slow;

  /** `slow(isSlow)` is told when an answer takes longer than 300 ms, and when it is there. */
  constructor(slow = () => {}) {
    this.#slow = slow;
  }

  /** `request` returns a promise; `show` gets its answer, `fail` its error, unless something newer was asked. */
  ask(request, show, fail) {
    this.#wanted = { request, show, fail };
    if (!this.#isBusy) this.#work();
  }

  end() {
    this.#isEnded = true;
    this.#wanted = null;
  }

  async #work() {
    this.#isBusy = true;
    const timer = setTimeout(() => this.#slow(true), SLOW_MS);
    while (this.#wanted) {
      const { request, show, fail } = this.#wanted;
      this.#wanted = null;
      const [answer, error] = await request().then((value) => [value, null], (reason) => [null, reason]);
      await painted();
      if (this.#wanted || this.#isEnded) continue;
      if (error) fail(error);
      else show(answer);
    }
    clearTimeout(timer);
    this.#slow(false);
    this.#isBusy = false;
  }
}

export class Ahead {
  #timer = null;
  #plan = 0;

  /** Asks one after the other, once nothing was planned anew for a moment; `requests` return promises. */
  plan(requests) {
    this.end();
    const mine = this.#plan;
    this.#timer = setTimeout(async () => {
      for (const request of requests) {
        if (mine !== this.#plan) return;
        await request().catch(() => {});
      }
    }, IDLE_MS);
  }

  end() {
    this.#plan += 1;
    clearTimeout(this.#timer);
  }
}

const AROUND = [1, -1, 2, -2, 3, -3];

export class Neighbors {
  #position;
  #before;
  #makers = new Map();
  #ahead = new Ahead();

  constructor(position) {
    this.#position = position;
    this.#before = position.step;
  }

  /**
   * What a part shows at a step: `make` returns a promise. All parts of a step are asked for together, because the
   * server computes what they share only once; the steps in the direction of the last move come first.
   */
  want(part, make) {
    const { step, count } = this.#position;
    const sign = step < this.#before ? -1 : 1;
    this.#before = step;
    this.#makers.set(part, make);
    const near = AROUND.map((by) => step + by * sign).filter((one) => one >= 0 && one < count);
    this.#ahead.plan(near.flatMap((one) => [...this.#makers.values()].map((maker) => () => maker(one))));
  }

  end() {
    this.#ahead.end();
  }
}
