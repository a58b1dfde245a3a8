// The list of keys, and the switch that turns them off.

import { element } from "./elements.js";
import { popover } from "./popover.js";

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space" };

/** Returns {button, panel}. */
export function mount({ words, shortcuts }) {
  const isOn = element("input", { type: "checkbox", checked: shortcuts.isOn, onchange: () => shortcuts.turn(isOn.checked) });
  const list = element("dl", { class: "tr-keys" });
  const made = popover(words("ui.keys"), {
    name: "keys",
    title: words("ui.keys_title"),
    onopen: () => {
      const rows = shortcuts.list.flatMap(({ keys, name }) => [
        element("dt", {}, keys.map((key) => element("kbd", {}, SHOWN[key] ?? key))), element("dd", {}, words(name))]);
      list.replaceChildren(...rows);
      return isOn;
    },
  });
  made.button.append(element("kbd", {}, "?"));
  made.panel.append(element("h3", {}, words("ui.keys_title")), list, element("label", { class: "tr-check" }, isOn, words("ui.keys_on")));
  shortcuts.add("?", "ui.keys_list", made.open);
  return { ...made, destroy: () => {} };
}
