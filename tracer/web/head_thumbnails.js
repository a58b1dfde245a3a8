// Small maps of all heads of the selected layer, only when asked for, one after the other. A click selects the head.

import { element } from "./elements.js";
import { colorsOf, onTheme, ramp } from "./heat.js";
import { paintTile, readTile } from "./map_tile.js";

const SIDE = 88;

/** Puts the fold-out into an element; it is hidden where no layer is selected. */
export function mount(root, { source, position, words, choice }) {
  const name = element("summary", {});
  const list = element("div", { class: "tr-thumbnails" });
  const box = element("details", { class: "tr-attention-table" }, name, list);
  const failure = element("p", { class: "tr-error", role: "status" });
  root.append(box, failure);
  let shown = null;
  let tiles = new Map();

  const step = () => Math.max(0, position.count - 1);

  async function load(layer) {
    const mine = { layer };
    shown = mine;
    tiles = new Map();
    failure.replaceChildren();
    const heads = Array.from({ length: choice.layers[layer].num_heads }, (_, head) => head);
    list.replaceChildren(...heads.map((head) => picture(layer, head)));
    mark();
    try {
      for (const head of heads) {
        const { size, max_rows: most } = await source.view("attention_map", { step: step(), layer, head });
        if (shown !== mine) return;
        const rows = { row0: size - Math.min(size, most), row1: size, col0: 0, col1: size };
        tiles.set(head, readTile(await source.tile("attention", { step: step(), layer, head, ...rows })));
        if (shown !== mine) return;
        paint(head);
      }
    } catch (error) {
      if (shown === mine) failure.replaceChildren(error.message);
    }
  }

  function picture(layer, head) {
    const canvas = element("canvas", { width: SIDE * 2, height: SIDE * 2, "aria-hidden": "true" });
    const label = words("ui.attention_cell_name", { layer, head });
    return element("button", { type: "button", class: "tr-thumbnail", "data-head": head, onclick: () => choice.toggle(layer, head) }, canvas, label);
  }

  function paint(head) {
    const tile = tiles.get(head);
    const pen = list.children[head].querySelector("canvas").getContext("2d");
    pen.clearRect(0, 0, SIDE * 2, SIDE * 2);
    pen.imageSmoothingEnabled = tile.width > SIDE * 2;
    pen.drawImage(paintTile(tile, ramp(colorsOf(root)), tile.beyondFirst || tile.largest), 0, 0, SIDE * 2, SIDE * 2);
  }

  function mark() {
    for (const one of list.children) one.setAttribute("aria-pressed", String(Number(one.dataset.head) === choice.head));
  }

  function follow() {
    const { layer } = choice;
    box.hidden = layer === undefined || !choice.layers[layer]?.is_recorded;
    if (box.hidden) return;
    name.replaceChildren(words("ui.attention_thumbnails", { layer }));
    if (!box.open) shown = null;
    else if (shown?.layer !== layer) load(layer);
    mark();
  }
  box.addEventListener("toggle", follow);
  const stops = [choice.subscribe(follow), onTheme(() => [...tiles.keys()].forEach(paint))];
  follow();
  return {
    destroy: () => {
      shown = null;
      stops.forEach((stop) => stop());
    },
  };
}
