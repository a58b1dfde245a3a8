// The text itself: every token of prompt and answer as one piece. A click on a piece of the answer goes to its step.
// Built once; when the step moves, only classes change.

import { element } from "./elements.js";
import { loadStyle } from "./styles.js";

const LONGEST_PART = 240;
const SHOWN_AT_AN_END = 24;
const STRONG_MARKS = "01";

/** Returns {visible(), reveal(place), mark(first, last), showMarks(marks), destroy()}; `reason` gives why a step is worth a
 * look. Places count the prompt's tokens, then the answer's. */
export function mount(root, { position, words, value, reason, onscroll }) {
  loadStyle("token_strip");
  const numPrompt = value.prompt.texts.length;
  const prompt = new Array(numPrompt);
  const answer = piecesOf(value.answer, { words, isAnswer: true, value });
  const text = element("div", { class: "tr-strip-text", role: "listbox", "aria-label": words("ui.bar_text"), "aria-orientation": "horizontal",
    "data-keys": "replay" }, answer);
  const scroller = element("div", { class: "tr-strip", dir: value.direction, "aria-label": value.summary, role: "group" },
    value.segments.map((segment) => segmentOf(segment, value.prompt, prompt, words)), text);
  root.append(scroller);

  let shown = 0;
  for (let step = 1; step < answer.length; step++) answer[step].classList.add("tr-piece-future");
  const show = () => {
    const { step } = position;
    const piece = answer[step];
    if (!piece) return;
    for (let at = shown + 1; at <= step; at++) answer[at].classList.remove("tr-piece-future");
    for (let at = step + 1; at <= shown; at++) answer[at].classList.add("tr-piece-future");
    const before = answer[shown];
    turn(before, false);
    turn(piece, true);
    if (document.activeElement === before && before !== piece) piece.focus({ preventScroll: true });
    shown = step;
    bringIntoView(scroller, piece);
  };
  text.addEventListener("click", ({ target }) => {
    const piece = target.closest("[data-step]");
    if (!piece) return;
    position.select(Number(piece.dataset.step));
    piece.focus({ preventScroll: true });
  });
  text.addEventListener("keydown", (event) => {
    const act = keyAct(event, position);
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  const tell = ({ target }) => {
    const piece = target.closest?.("[data-place]");
    if (piece) piece.title = tooltip(Number(piece.dataset.place), { value, reason, words });
  };
  scroller.addEventListener("pointerover", tell);
  scroller.addEventListener("focusin", tell);
  scroller.addEventListener("scroll", () => onscroll?.(), { passive: true });

  let marked = [];
  const reveal = (place) => {
    if (place >= numPrompt) return answer[place - numPrompt];
    scroller.querySelector(`[data-fold-start][data-fold-stop]${foldWith(scroller, place)}`)?.click();
    return prompt[place];
  };
  const showMarks = (marks) => answer.forEach((piece, step) => piece.classList.toggle("tr-piece-notable", STRONG_MARKS.includes(marks[step])));
  const resized = new ResizeObserver(() => {
    if (answer[shown]) bringIntoView(scroller, answer[shown]);
    onscroll?.();
  });
  resized.observe(scroller);
  const stop = position.subscribe(show);
  showMarks(value.marks);
  show();
  return {
    showMarks,
    visible: () => visibleSteps(scroller, answer),
    reveal: (place) => {
      const piece = reveal(place);
      if (piece) bringIntoView(scroller, piece);
    },
    mark: (first, last) => {
      for (const piece of marked) piece.classList.remove("tr-piece-hit");
      marked = [];
      for (let place = first; place <= last; place++) {
        const piece = reveal(place);
        if (piece) marked.push(piece);
      }
      for (const piece of marked) piece.classList.add("tr-piece-hit");
    },
    destroy: () => {
      stop();
      resized.disconnect();
      scroller.remove();
    },
  };
}

function turn(piece, isCurrent) {
  if (!piece) return;
  piece.classList.toggle("tr-piece-current", isCurrent);
  piece.setAttribute("aria-selected", String(isCurrent));
  piece.tabIndex = isCurrent ? 0 : -1;
}

function keyAct({ key }, position) {
  return {
    ArrowLeft: () => position.move(-1),
    ArrowRight: () => position.move(1),
    Home: () => position.select(0),
    End: () => position.select(position.count - 1),
  }[key];
}

function piecesOf(pieces, { words, isAnswer, value, start = 0, stop = pieces.texts.length }) {
  const special = new Set(pieces.special);
  const rightToLeft = new Set(pieces.right_to_left);
  const bytes = new Map();
  for (const [from, to, characters] of pieces.split) {
    for (let place = from; place < to; place++) bytes.set(place, place === from ? characters : null);
  }
  const offset = isAnswer ? value.prompt.texts.length : 0;
  const made = [];
  for (let place = start; place < stop; place++) {
    const kinds = ["tr-piece"];
    if (special.has(place)) kinds.push("tr-piece-special");
    if (bytes.has(place)) kinds.push("tr-piece-byte");
    if (isAnswer) {
      kinds.push(`tr-bin-${value.bins[place]}`);
    } else kinds.push("tr-piece-prompt");
    made.push(element("span", {
      class: kinds.join(" "), dir: rightToLeft.has(place) ? "rtl" : "auto", translate: "no", "data-place": place + offset,
      "data-characters": bytes.get(place),
      ...(isAnswer && { role: "option", tabindex: -1, "aria-selected": "false", "data-step": place }),
    }, pieces.texts[place]));
  }
  return made;
}

function segmentOf(segment, pieces, known, words) {
  const { start, stop, is_folded: isFolded, label } = segment;
  const made = element("span", { class: "tr-strip-part" });
  if (isFolded) made.append(fold(label, start, stop, pieces, known, words));
  else if (stop - start > LONGEST_PART) {
    const from = start + SHOWN_AT_AN_END;
    const to = stop - SHOWN_AT_AN_END;
    const count = (to - from).toLocaleString("en");
    made.append(...register(pieces, known, start, from, words), fold(words("ui.bar_more_tokens", { count }), from, to, pieces, known, words),
      ...register(pieces, known, to, stop, words));
  } else made.append(...register(pieces, known, start, stop, words));
  return made;
}

function register(pieces, known, start, stop, words) {
  const made = piecesOf(pieces, { words, isAnswer: false, start, stop });
  made.forEach((piece, at) => (known[start + at] = piece));
  return made;
}

// A button that stands for tokens until it is clicked; then they stand behind it, and a click takes them away.
function fold(label, start, stop, pieces, known, words) {
  const inside = element("span", { class: "tr-strip-part" });
  const button = element("button", { type: "button", class: "tr-fold", "aria-expanded": "false", title: words("ui.bar_unfold"),
    "data-fold-start": start, "data-fold-stop": stop }, label);
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) {
      inside.replaceChildren();
      known.fill(undefined, start, stop);
    } else inside.append(...register(pieces, known, start, stop, words));
  });
  return element("span", { class: "tr-strip-part" }, button, inside);
}

function foldWith(scroller, place) {
  for (const button of scroller.querySelectorAll('.tr-fold[aria-expanded="false"]')) {
    const { foldStart, foldStop } = button.dataset;
    if (Number(foldStart) <= place && place < Number(foldStop)) return `[data-fold-start="${foldStart}"][aria-expanded="false"]`;
  }
  return ":not(*)";
}

function tooltip(place, { value, reason, words }) {
  const numPrompt = value.prompt.texts.length;
  const isAnswer = place >= numPrompt;
  const at = isAnswer ? place - numPrompt : place;
  const pieces = isAnswer ? value.answer : value.prompt;
  const lines = [words(isAnswer ? "ui.strip_tooltip" : "ui.strip_prompt_tooltip",
    { token: pieces.texts[at], id: pieces.ids[at], model: value.model[at], after: value.after[at] })];
  const split = pieces.split.find(([start, stop]) => start <= at && at < stop);
  if (split) lines.push(words("ui.strip_part_of", { character: split[2] }));
  if (pieces.special.includes(at)) lines.push(words("ui.strip_special"));
  const cut = pieces.cut.find(([where]) => where === at);
  if (cut) lines.push(words("ui.strip_cut", { count: cut[1].toLocaleString("en") }));
  if (isAnswer && reason(at)) lines.push(reason(at));
  return lines.join("\n");
}

// A line of what follows stays in view below the piece.
function bringIntoView(scroller, piece) {
  const top = piece.offsetTop;
  const { scrollTop, clientHeight } = scroller;
  const line = parseFloat(getComputedStyle(scroller).lineHeight);
  if (top < scrollTop || top + line > scrollTop + clientHeight - line / 2) scroller.scrollTop = top - line;
}

// The first and the last step in view: pieces lie in order, so they are found by halving.
function visibleSteps(scroller, answer) {
  const { scrollTop, clientHeight } = scroller;
  const first = firstWhere(answer, (piece) => piece.offsetTop + piece.offsetHeight > scrollTop);
  const behind = firstWhere(answer, (piece) => piece.offsetTop >= scrollTop + clientHeight);
  return [first, Math.max(first, behind) - 1];
}

function firstWhere(items, isSo) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(items[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
