// The choices above the attention page: weight or contribution, which layers and heads, average or largest.

import { element } from "./elements.js";

/** Puts the controls into an element. */
export function mount(root, { words, choice }) {
  const mode = switchOf(words("ui.attention_show"), [["weight", words("ui.attention_weight")], ["contribution", words("ui.attention_contribution")]],
    (value) => choice.set({ mode: value }));
  const over = switchOf(words("ui.attention_over"), [["mean", words("ui.attention_mean")], ["max", words("ui.attention_max")]],
    (value) => choice.set({ over: value }));
  const layer = selectOf(words("ui.attention_layer"), (value) => {
    if (/^\d+$/.test(value)) choice.select(Number(value));
    else {
      choice.set({ span: value });
      choice.select();
    }
  });
  const head = selectOf(words("ui.attention_head"), (value) => choice.select(choice.layer, value === "" ? undefined : Number(value)));

  const show = () => {
    const { layers } = choice;
    const third = layers.length - Math.max(1, Math.ceil(layers.length / 3));
    fill(layer, [
      ["last_third", words("ui.attention_last_third", { first: third, last: layers.length - 1 })],
      ["all", words("ui.attention_all_layers")],
      ...layers.map((one) => [String(one.layer), words("ui.attention_layer_number", { layer: one.layer })]),
    ], choice.layer === undefined ? choice.span : String(choice.layer));
    const count = layers[choice.layer]?.num_heads ?? 0;
    fill(head, [
      ["", words("ui.attention_all_heads")],
      ...Array.from({ length: count }, (_, number) => [String(number), words("ui.attention_head_number", { head: number })]),
    ], choice.head === undefined ? "" : String(choice.head));
    head.disabled = choice.layer === undefined;
    mode.set(choice.mode);
    over.set(choice.over, choice.head !== undefined);
  };
  root.classList.add("tr-attention-controls");
  root.append(mode.group, labelled(words("ui.attention_layer"), layer), labelled(words("ui.attention_head"), head), over.group);
  const stop = choice.subscribe(show);
  show();
  return { destroy: stop };
}

/** Returns {group, set(value, isDisabled)}: buttons of which one is pressed. */
export function switchOf(label, options, act) {
  const buttons = options.map(([value, text]) =>
    element("button", { type: "button", class: "tr-switch-button", "data-value": value, onclick: () => act(value) }, text));
  const set = (value, isDisabled = false) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.value === value));
      button.disabled = isDisabled;
    }
  };
  return { group: element("div", { class: "tr-switch", role: "group", "aria-label": label }, buttons), set };
}

export function selectOf(label, act) {
  const made = element("select", { class: "tr-input", "aria-label": label });
  made.addEventListener("change", () => act(made.value));
  return made;
}

/** Puts options [[value, text]] into a select, only where they changed. */
export function fill(made, options, value) {
  const key = JSON.stringify(options);
  if (made.dataset.options !== key) {
    made.dataset.options = key;
    made.replaceChildren(...options.map(([own, text, isDisabled]) => element("option", { value: own, disabled: isDisabled }, text)));
  }
  made.value = value;
}

export function labelled(text, control) {
  return element("label", { class: "tr-labelled" }, element("span", { class: "tr-muted" }, text), control);
}
