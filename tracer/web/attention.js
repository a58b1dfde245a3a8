// The attention page: the choices, the permanent line, the text with its heads, the grid of all heads, and one head as a
// map or as lines. Each part follows the step by itself; where nothing was heard, one text says what to type.

import { mount as mountControls, switchOf } from "./attention_controls.js";
import { Choice } from "./attention_choice.js";
import { mount as mountLines } from "./attention_lines.js";
import { mount as mountMap } from "./attention_map.js";
import { mount as mountText } from "./attention_text.js";
import { element } from "./elements.js";
import { mount as mountGrid } from "./head_grid.js";
import { mount as mountHeads } from "./head_list.js";
import { mount as mountThumbnails } from "./head_thumbnails.js";
import { Neighbors } from "./latest.js";
import { loadStyle } from "./styles.js";
import { Tooltip } from "./tooltip.js";

export function mount(root, context) {
  const { words, position } = context;
  for (const name of ["attention", "popover"]) loadStyle(name);
  const choice = new Choice(position);
  const page = element("div", { class: "tr-attention" });
  root.append(page);
  const tooltip = new Tooltip(page);
  const part = (name, ...children) => element("section", { class: `tr-attention-part tr-attention-${name}` }, children);

  const controls = element("div", {});
  const note = element("p", { class: "tr-attention-note" }, words("ui.attention_note"), " ", element("span", { class: "tr-badge" }, words("ui.attention_badge")));
  const refusal = element("p", { class: "tr-attention-refusal", role: "status", hidden: true });
  const text = part("text");
  const heads = part("heads");
  const grid = part("grid");
  const picture = switchOf(words("ui.attention_picture"), [["map", words("ui.attention_map")], ["lines", words("ui.attention_lines")]], (value) => choice.set({ picture: value }));
  const canvas = element("div", {});
  const thumbnails = element("div", {});
  const one = part("one", picture.group, canvas, thumbnails);
  const board = element("div", { class: "tr-attention-board" }, element("div", { class: "tr-attention-column" }, text, heads), grid, one);
  page.append(controls, note, refusal, board);

  // The grid knows every layer: where it is refused, nothing was heard at all.
  const refuseAll = (error) => {
    refusal.hidden = !error;
    board.hidden = Boolean(error);
    controls.hidden = Boolean(error);
    refusal.replaceChildren(error?.message ?? "");
  };
  const textError = element("p", { class: "tr-error", role: "status" });
  text.before(textError);
  const refuseText = (error) => {
    text.hidden = Boolean(error);
    textError.replaceChildren(error?.message ?? "");
  };

  const neighbors = new Neighbors(position);
  const aheadOf = (name) => (make) => neighbors.want(name, make);
  const shared = { ...context, choice, tooltip };
  const parts = [
    mountControls(controls, shared),
    mountText(text, { ...shared, ahead: aheadOf("text"), refuse: refuseText }),
    mountHeads(heads, { ...shared, ahead: aheadOf("heads") }),
    mountGrid(grid, { ...shared, ahead: aheadOf("grid"), refuse: refuseAll }),
    mountThumbnails(thumbnails, shared),
  ];
  let shown = { kind: null, module: null };
  const showPicture = () => {
    picture.set(choice.picture);
    if (shown.kind === choice.picture) return;
    shown.module?.destroy();
    canvas.replaceChildren();
    shown = { kind: choice.picture, module: (choice.picture === "map" ? mountMap : mountLines)(canvas, shared) };
  };
  const stop = choice.subscribe(showPicture);
  showPicture();

  return {
    destroy: () => {
      stop();
      for (const each of [...parts, shown.module]) each.destroy();
      neighbors.end();
      choice.end();
      page.remove();
    },
  };
}
