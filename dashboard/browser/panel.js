// Puts modules of the replay on a Streamlit page. All panels of a page share one position, one source and one
// set of words, because this file is loaded once. Tells Streamlit the step only where Python asked for it.

import { Position } from "../web/position.js";
import { HttpSource } from "../web/source.js";
import { wordsOf } from "../web/words.js";
import { followTheme } from "./look.js";
import { mend } from "./mend.js";

const base = new URL("..", import.meta.url);
export const position = new Position();
const source = new HttpSource(base, () => position.place);
const catalogues = new Map();
const opened = { nonce: null };
const mounted = new WeakMap();

const THROTTLE_MS = 120;
const BUSY_MS = 40;
const LEAVING_MS = 10_000;
const left = { path: null, at: 0 };

/** Called by Streamlit at every rerun of a panel: {parentElement, data, setStateValue}. */
export async function show({ parentElement, data, setStateValue }) {
  follow(data);
  writeAddress();
  const root = parentElement.querySelector(".tr");
  const key = `${data.module} ${data.lang} ${data.place.trace} ${data.place.call} ${data.place.row}`;
  const before = mounted.get(root);
  if (before?.key === key) {
    before.module?.update?.(data.options ?? {});
    return;
  }
  before?.destroy();
  const state = { key, destroy: () => mounted.delete(root) };
  mounted.set(root, state);
  followTheme();
  root.lang = data.lang === "zh" ? "zh-CN" : "en";
  const [words, module] = await Promise.all([
    wordsIn(data.lang),
    data.module ? import(new URL(`web/${data.module}.js`, base)) : null,
  ]);
  if (mounted.get(root) !== state) return;
  root.replaceChildren();
  const context = { source, position, words, lang: data.lang, options: data.options ?? {} };
  state.module = module?.mount(root, context);
  const silence = data.tells ? tell(setStateValue, data) : () => {};
  state.destroy = () => {
    silence();
    state.module?.destroy();
    mounted.delete(root);
  };
}

/** Takes the panel away again. */
export function hide(parentElement) {
  mend();
  mounted.get(parentElement.querySelector(".tr"))?.destroy();
}

// Python puts the position in place once for each nonce; after that it belongs to the browser.
function follow({ place, nonce, step, count, selection, lang }) {
  if (opened.nonce === nonce) {
    if (position.place.lang !== lang) position.place = { ...position.place, lang };
    return;
  }
  opened.nonce = nonce;
  position.open({ ...place, lang }, { step, count, selection });
}

// A message from a page that is being left would reach Streamlit with that page's name, and take away what the next
// page shows. So nothing is told while the script runs, nor once a link to another page was clicked.
function tell(setStateValue, { step, selection, rest_ms: restMs }) {
  const page = location.pathname;
  let timer = null;
  let told = JSON.stringify([step, selection]);
  let sent = -THROTTLE_MS;
  const send = () => {
    timer = null;
    if (location.pathname !== page) return;
    if (isBusy() || isLeaving()) {
      timer = setTimeout(send, BUSY_MS);
      return;
    }
    sent = performance.now();
    const now = JSON.stringify([position.step, position.selection]);
    if (now === told) return;
    told = now;
    setStateValue("position", { step: position.step, selection: position.selection });
  };
  const stop = position.subscribe(() => {
    if (restMs) clearTimeout(timer);
    if (restMs) timer = setTimeout(send, restMs);
    else timer ??= setTimeout(send, Math.max(0, sent + THROTTLE_MS - performance.now()));
  });
  send();
  return () => {
    stop();
    clearTimeout(timer);
  };
}

function isBusy() {
  const state = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState;
  return state !== undefined && state !== "notRunning";
}

function isLeaving() {
  return left.path === location.pathname && performance.now() - left.at < LEAVING_MS;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const stays = event.ctrlKey || event.metaKey || event.shiftKey || link?.origin !== location.origin;
  if (!stays && link.pathname !== location.pathname) Object.assign(left, { path: location.pathname, at: performance.now() });
}, { capture: true });

async function wordsIn(lang) {
  if (!catalogues.has(lang)) {
    catalogues.set(lang, fetch(new URL(`words?lang=${lang}`, base)).then((answer) => answer.json()));
  }
  return wordsOf(await catalogues.get(lang));
}

// Deep links: the address always names the step and the selection. Streamlit drops both when the page changes.
function writeAddress() {
  const url = new URL(location.href);
  if (!url.searchParams.has("trace")) return;
  url.searchParams.set("step", position.step);
  for (const name of ["layer", "head", "source", "rival"]) {
    if (position.selection[name] === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, position.selection[name]);
  }
  if (url.href !== location.href) replaceState(history.state, "", url);
}

// Streamlit writes addresses from what Python knew, which is older than where the browser stands.
const replaceState = history.replaceState.bind(history);
for (const name of ["pushState", "replaceState"]) {
  const write = history[name].bind(history);
  history[name] = (...entry) => {
    write(...entry);
    writeAddress();
  };
}

position.subscribe(writeAddress);
