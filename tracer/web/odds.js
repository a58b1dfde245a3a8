// Probabilities and the winner of one step with another temperature, top-k and top-p, from the value `odds`. Each answer
// is exact or says that it needs the full trace. Numbers only; draws nothing on the page.

const TOO_CLOSE = 1e-5;

/** Returns {isExact, numLeft, probabilities, others, winner}; `winner` is a place, "unknown" or, without luck, null. */
export function oddsOf(value, { temperature, topK, topP }) {
  const at = value.temperatures.findIndex((one) => Math.abs(one - temperature) < 1e-9);
  const { scores, num_leading: leading, num_alive: alive } = value;
  const share = scores.map((score) => Math.exp(score / value.temperatures[at] - value.logsumexp[at]));
  const cut = topPCut(value, share, topKCut(value, topK), topP);
  if (cut === null) return { isExact: false, numLeft: null, probabilities: [], others: 0, winner: "unknown" };
  const isWhole = cut.count === alive && alive > leading;
  const isLeft = (place) => (isWhole ? scores[place] > -Infinity : place < cut.count);
  const mass = isWhole ? 1 : sum(share.slice(0, cut.count));
  const probabilities = share.map((one, place) => (isLeft(place) ? one / mass : 0));
  return { isExact: true, numLeft: cut.count, probabilities, others: Math.max(0, 1 - sum(probabilities)),
    winner: winnerOf(value, value.temperatures[at], isLeft, isWhole ? -Infinity : scores[cut.count - 1]) };
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

// How many tokens top-k leaves: equal scores stay together. null: more than are known here.
function topKCut({ scores, num_leading: leading, num_alive: alive, next_score: next }, topK) {
  if (!topK || topK >= alive) return { count: alive };
  if (topK > leading) return null;
  let count = topK;
  while (count < leading && scores[count] === scores[topK - 1]) count += 1;
  return count === leading && alive > leading && next === scores[topK - 1] ? null : { count };
}

function topPCut({ scores, num_leading: leading, num_alive: alive }, share, kept, topP) {
  if (kept === null) return null;
  if (topP >= 1) return kept;
  const mass = kept.count === alive ? 1 : sum(share.slice(0, kept.count));
  const known = Math.min(kept.count, leading);
  let before = 0;
  for (let place = 0; place < known; place++) {
    if (place > 0 && Math.abs(before / mass - topP) < TOO_CLOSE) return null;
    if (place > 0 && before / mass >= topP) return scores[place] === scores[place - 1] ? null : { count: place };
    before += share[place];
  }
  return kept.count <= leading ? kept : null;
}

// The largest score / temperature + luck wins, as long as no token of unknown luck could have beaten it.
function winnerOf({ scores, lucks, most_luck: most, rest_score: rest, is_sampled: isSampled }, temperature, isLeft, least) {
  if (!isSampled || most === null) return null;
  const finish = scores.map((score, place) => (isLeft(place) && lucks[place] !== null ? score / temperature + lucks[place] : -Infinity));
  const order = finish.map((_, place) => place).sort((one, other) => finish[other] - finish[one]);
  const best = finish[order[0]];
  if (best === -Infinity) return "unknown";
  if (rest !== null && rest >= least && rest / temperature + most >= best - TOO_CLOSE) return "unknown";
  return order.length > 1 && best - finish[order[1]] < TOO_CLOSE ? "unknown" : order[0];
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
