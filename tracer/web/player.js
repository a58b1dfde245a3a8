// Buttons that move through the text, play, the speed, and the field that goes to a step. The timer only moves the
// position; the position decides what is shown.

import { element } from "./elements.js";
import { icon, turnIcon } from "./icons.js";
import { loadStyle } from "./styles.js";

const SPEEDS = [0.5, 1, 4];
const A_TOKEN_MS = 1000;
const HERE = "\u0000";

/** Puts the player into an element and its keys among the shortcuts. */
export function mount(root, { position, words, shortcuts }) {
  loadStyle("player");
  let speed = 1;
  let timer = null;
  const button = (name, sign, act) =>
    element("button", { type: "button", class: "tr-button tr-player-button", "aria-label": words(name), title: words(name), onclick: act }, icon(sign));
  const isLast = () => position.step >= position.count - 1;

  const first = button("ui.bar_first", "first", () => position.select(0));
  const back = button("ui.bar_back", "back", () => position.move(-1));
  const play = button("ui.bar_play", "play", () => turn(timer === null));
  const on = button("ui.bar_on", "on", () => position.move(1));
  const last = button("ui.bar_last", "last", () => position.select(position.count - 1));

  const tick = () => {
    if (!isLast()) position.move(1, { from: "play" });
    if (isLast()) turn(false);
  };
  function turn(isPlaying) {
    clearInterval(timer);
    timer = null;
    if (isPlaying) {
      if (isLast()) position.select(0, { from: "play" });
      timer = setInterval(tick, A_TOKEN_MS / speed);
    }
    const name = words(isPlaying ? "ui.bar_pause" : "ui.bar_play");
    turnIcon(play.firstChild, isPlaying ? "pause" : "play");
    play.setAttribute("aria-label", name);
    play.title = name;
  }

  const rate = element("select", { class: "tr-input tr-player-speed", "aria-label": words("ui.bar_speed"), title: words("ui.bar_speed"),
    onchange: () => {
      speed = Number(rate.value);
      if (timer !== null) turn(true);
    } }, SPEEDS.map((one) => element("option", { value: one, selected: one === speed }, `× ${one}`)));

  const field = element("input", { class: "tr-input tr-player-step", type: "text", inputmode: "numeric", autocomplete: "off",
    maxlength: 9, "aria-label": words("ui.bar_go_to"), title: words("ui.bar_go_to"), "data-tool": "go" });
  const go = () => {
    const wanted = field.value.trim();
    if (/^\d+$/.test(wanted)) position.select(Number(wanted));
    field.value = position.step;
  };
  field.addEventListener("change", go);
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go();
    if (event.key === "Escape") field.blur();
  });
  const around = words("ui.bar_step_of", { step: HERE, count: position.count.toLocaleString("en") }).split(HERE);
  const where = element("span", { class: "tr-player-where" }, around[0], field, around[1] ?? "");

  root.classList.add("tr-player");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", words("ui.bar_player"));
  root.append(first, back, play, on, last, rate, where);

  const show = () => {
    if (document.activeElement !== field) field.value = position.step;
  };
  const stop = position.subscribe(({ changedBy }) => {
    if (timer !== null && changedBy !== "play") turn(false);
    show();
  });
  show();

  shortcuts.add("ArrowLeft", "ui.bar_back", () => position.move(-1));
  shortcuts.add("ArrowRight", "ui.bar_on", () => position.move(1));
  shortcuts.add("Home", "ui.bar_first", () => position.select(0));
  shortcuts.add("End", "ui.bar_last", () => position.select(position.count - 1));
  shortcuts.add(" ", "ui.bar_play_or_pause", () => turn(timer === null));
  shortcuts.add("g", "ui.bar_go_to", () => field.focus());

  return {
    destroy: () => {
      clearInterval(timer);
      stop();
    },
  };
}
