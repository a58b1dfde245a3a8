// The text token by token by itself: prompt and answer whole, the present step framed where there is one.

import { element } from "./elements.js";
import { mount as mountStrip } from "./token_strip.js";

export async function mount(root, context) {
  const { source, position, words, about } = context;
  const value = await source.view("strip");
  const reason = () => null;
  const shown = { select: () => {}, move: () => {}, subscribe: (one) => position.subscribe(one), count: position.count,
    step: about.has_step ? position.step : position.count - 1 };
  const strip = mountStrip(root, { ...context, position: shown, value, reason });
  root.classList.toggle("tr-picture-no-step", !about.has_step);
  strip.showMarks(value.marks);
  root.append(legendOf(value, words, about));
}

function legendOf({ legend, bin_labels: labels, marks }, words, { has_step: hasStep }) {
  const sample = (kind, name) => element("span", { class: "tr-picture-item" }, element("span", { class: `tr-picture-sample ${kind}` }), words(name));
  return element("p", { class: "tr-legend" }, element("span", { class: "tr-legend-name" }, legend),
    labels.map((label, bin) => element("span", { class: `tr-legend-bin tr-bin-${bin}` }, label)),
    hasStep ? [sample("tr-picture-here", "ui.picture_legend_here"), sample("tr-picture-later", "ui.picture_legend_later")] : [],
    /[01]/.test(marks) ? sample("tr-picture-notable", "ui.picture_legend_notable") : []);
}
