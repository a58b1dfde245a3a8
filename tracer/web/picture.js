// A page that is one picture: a module mounted on values that lie in the page, at the size of the picture. `start` is
// called once, at the end of the page; when the picture stands, `data-tr-drawing` is taken from the page.

import * as attention from "./drawn_attention.js";
import * as decision from "./drawn_decision.js";
import * as figure from "./drawn_figure.js";
import * as frames from "./drawn_frames.js";
import * as heads from "./drawn_heads.js";
import * as inputs from "./drawn_inputs.js";
import * as map from "./drawn_map.js";
import * as strip from "./drawn_strip.js";
import { element } from "./elements.js";
import { Position } from "./position.js";
import { ViewError } from "./source.js";
import { wordsOf } from "./words.js";

const DRAWN = { attention, decision, figure, frames, heads, inputs, map, strip };
const SHARP = 4; // pixels of a canvas for each pixel of the page
const LONG = ".tr-strip, .tr-attention-tokens, .tr-table-frame";

/** Puts the picture in place, as large as it fits. */
export async function start() {
  const page = document.documentElement;
  try {
    const about = JSON.parse(document.getElementById("tr-about").textContent);
    Object.defineProperty(window, "devicePixelRatio", { value: SHARP });
    const root = element("main", { class: `tr tr-picture tr-picture-${about.module}` });
    document.body.append(root);
    for (const zoom of about.zooms) {
      await draw(root, about, zoom);
      if (!about.height || room(root, about) >= 0) break;
    }
    if (about.height) {
      shorten(root, about);
      center(root, about);
    }
  } catch (error) {
    page.dataset.trFailed = error.message;
  }
  page.removeAttribute("data-tr-drawing");
}

async function draw(root, about, zoom) {
  root.replaceChildren();
  root.style.padding = `${about.pad / zoom}px`;
  document.body.style.zoom = zoom;
  const inner = (length) => (length - 2 * about.pad) / zoom;
  const position = new Position();
  position.open({ lang: about.lang }, about);
  const context = { source: new FrozenSource(about.values), position, words: wordsOf(about.words), lang: about.lang, about, options: {},
    width: Math.floor(inner(about.width)), height: about.height ? Math.floor(inner(about.height)) : null, isLast: zoom === about.zooms.at(-1) };
  await DRAWN[about.module].mount(root, context);
  await settled();
}

// How many pixels are left below the picture.
const room = (root, about) => about.height - root.getBoundingClientRect().height;

// What is too long even then is cut where it can be: around the step.
function shorten(root, about) {
  const left = room(root, about);
  const box = root.querySelector(LONG);
  if (left >= 0 || !box) return;
  const note = element("p", { class: "tr-picture-small" }, wordsOf(about.words)("ui.picture_cut"));
  root.append(note);
  const line = parseFloat(getComputedStyle(box).lineHeight) || 20;
  const height = Math.max(3, Math.floor((box.offsetHeight + left - note.offsetHeight - 12) / line)) * line;
  const here = box.querySelector(".tr-piece-current, .tr-attention-chosen");
  Object.assign(box.style, { height: `${height}px`, overflow: "hidden" });
  if (here) box.scrollTop = Math.max(0, Math.floor((here.offsetTop - height / 2) / line) * line + 4);
}

function center(root, about) {
  const left = Math.max(0, room(root, about));
  const zoom = Number(document.body.style.zoom);
  root.style.paddingTop = `${(about.pad + left / 2) / zoom}px`;
  root.style.height = `${about.height / zoom}px`;
}

/** The values of one picture by name, whatever is asked of them. */
class FrozenSource {
  #values;

  constructor(values) {
    this.#values = values;
  }

  offers(name) {
    return name in this.#values;
  }

  async view(name) {
    if (!(name in this.#values)) throw new ViewError(name, 404);
    return this.#values[name];
  }

  async tile(name) {
    const text = await this.view(name);
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  }

  prefetch() {}
}

// Modules draw as soon as their values are there, which takes a few turns.
async function settled() {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
