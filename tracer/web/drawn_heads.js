// The grid of all heads by itself: its title, the grid with numbers where they fit, its scale and the heads that lead.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { decimals, layoutOf, paintGrid, percents } from "./head_grid_paint.js";
import { colorsOf } from "./heat.js";
import { SvgPen } from "./svg_pen.js";

export async function mount(root, { source, words, width, about }) {
  const value = await source.view("attention_grid");
  const layout = layoutOf(value, width);
  const pen = new SvgPen(layout.width, layout.height);
  paintGrid(pen.canvas, value, layout, colorsOf(root), about.selection);
  root.append(
    element("h3", {}, withChips(value.title)),
    value.empty ? element("p", {}, withChips(value.empty)) : pen.element,
    value.empty ? "" : legendOf(value, words),
    element("p", { class: "tr-picture-list" }, value.top.map((one) => element("span", { class: "tr-picture-item" }, element("b", {}, words("ui.attention_cell_name", one)), ` ${one.label}`))),
  );
}

function legendOf(value, words) {
  const text = (number) => (value.unit === "logit" || value.measure === "entropy" ? decimals(number, 2) : words("ui.attention_share", { number: percents(value, number) }));
  return element("div", { class: `tr-head-grid-legend${value.is_signed ? " tr-is-signed" : ""}` }, text(value.low), element("i", {}), text(value.high),
    element("span", { class: "tr-muted" }, [value.unit, value.is_signed ? words("ui.picture_legend_dash") : "", words("ui.picture_legend_grid")].filter(Boolean).join(" · ")));
}
