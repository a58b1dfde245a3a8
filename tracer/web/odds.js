// Probabilities and the winner of one step with other settings (repetition penalty, temperature, top-k, top-p, min-p), from
// the value `odds`. Each answer is exact or says that it needs the full trace. Numbers only; draws nothing on the page.

const TOO_CLOSE = 1e-5;
const UNKNOWN = { isExact: false, numLeft: null, probabilities: [], others: 0, winner: "unknown" };

/** Returns {isExact, numLeft, probabilities, others, winner}; `winner` is a place, "unknown" or, without luck, null. */
export function oddsOf(value, { temperature, topK, topP, minP = 0, penalty = value.recorded.repetition_penalty }) {
  const at = value.temperatures.findIndex((one) => Math.abs(one - temperature) < 1e-9);
  const table = tableOf(value, value.temperatures[at], value.logsumexp[at], penalty);
  const cut = minPCut(table, topPCut(table, topKCut(table, topK), topP), minP);
  if (cut === null) return UNKNOWN;
  const isWhole = cut.count === table.alive && table.alive > table.leading;
  const left = isWhole ? table.order.filter((place) => table.scores[place] > -Infinity) : table.order.slice(0, cut.count);
  const mass = isWhole ? 1 : sum(left.map((place) => table.shares[place]));
  const isLeft = new Set(left);
  const probabilities = table.shares.map((one, place) => (isLeft.has(place) ? one / mass : 0));
  return { isExact: true, numLeft: cut.count, probabilities, others: isWhole ? Math.max(0, 1 - sum(probabilities)) : 0,
    winner: winnerOf(value, table, left, isWhole) };
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

// The tokens under a penalty and a temperature: scores and shares by place, the order, how many of it are certainly first.
function tableOf(value, temperature, logsumexp, penalty) {
  const scores = value.scores.map(Math.fround);
  for (const place of value.penalized) scores[place] = penalized(scores[place], value.has_penalty ? Math.fround(penalty) : 1);
  const order = scores.map((_, place) => place).sort((one, other) => scores[other] - scores[one] || one - other);
  const next = value.next_score ?? -Infinity;
  const whole = logOfSum([logsumexp ?? -Infinity, ...value.penalized.map((place) => scores[place] / temperature)]);
  return { scores, order, temperature, alive: value.num_alive, leading: order.filter((place) => scores[place] > next).length,
    shares: scores.map((score) => Math.exp(score / temperature - whole)) };
}

const penalized = (score, penalty) => Math.fround(score < 0 ? score * penalty : score / penalty);

function logOfSum(logs) {
  const largest = Math.max(...logs);
  return largest + Math.log(sum(logs.map((one) => Math.exp(one - largest))));
}

// How many tokens top-k leaves: equal scores stay together. null: more than are known here.
function topKCut({ scores, order, leading, alive }, topK) {
  if (!topK || topK >= alive) return { count: alive };
  if (topK > leading) return null;
  let count = topK;
  while (count < leading && scores[order[count]] === scores[order[topK - 1]]) count += 1;
  return { count };
}

function topPCut({ scores, order, shares, leading, alive }, kept, topP) {
  if (kept === null || topP >= 1) return kept;
  const mass = kept.count === alive ? 1 : sum(order.slice(0, kept.count).map((place) => shares[place]));
  let before = 0;
  for (let rank = 0; rank < Math.min(kept.count, leading); rank++) {
    if (rank > 0 && Math.abs(before / mass - topP) < TOO_CLOSE) return null;
    if (rank > 0 && before / mass >= topP) return scores[order[rank]] === scores[order[rank - 1]] ? null : { count: rank };
    before += shares[order[rank]];
  }
  return kept.count <= leading ? kept : null;
}

// Every token whose share is less than `minP` times that of the first goes.
function minPCut({ order, shares, leading }, kept, minP) {
  if (kept === null || minP <= 0) return kept;
  for (let rank = 1; rank < Math.min(kept.count, leading); rank++) {
    const share = shares[order[rank]] / shares[order[0]];
    if (Math.abs(share / minP - 1) < TOO_CLOSE) return null;
    if (share < minP) return { count: rank };
  }
  return kept.count <= leading ? kept : null;
}

// The largest score / temperature + luck wins, as long as no token of unknown luck could have beaten it.
function winnerOf({ lucks, most_luck: most, rest_score: rest, is_sampled: isSampled }, { scores, temperature }, left, isWhole) {
  if (!isSampled || most === null) return null;
  const finish = (place) => scores[place] / temperature + lucks[place];
  const known = left.filter((place) => lucks[place] !== null).sort((one, other) => finish(other) - finish(one));
  const bounds = left.filter((place) => lucks[place] === null).map((place) => scores[place]);
  if (isWhole && rest !== null) bounds.push(rest);
  if (known.length === 0) return "unknown";
  const best = finish(known[0]);
  if (bounds.length && Math.max(...bounds) / temperature + most >= best - TOO_CLOSE) return "unknown";
  return known.length > 1 && best - finish(known[1]) < TOO_CLOSE ? "unknown" : known[0];
}

/** Returns how often each token, and last the others, came in `count` draws; `random` gives numbers from 0 to 1. */
export function drawn({ probabilities, others }, count, random) {
  const counts = [...probabilities, others].map(() => 0);
  for (let draw = 0; draw < count; draw++) {
    let left = random() * (sum(probabilities) + others);
    let place = probabilities.findIndex((one) => (left -= one) < 0);
    if (place < 0) place = others > 0 ? probabilities.length : probabilities.findLastIndex((one) => one > 0);
    counts[place] += 1;
  }
  return counts;
}
