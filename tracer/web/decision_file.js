// Takes the picture elsewhere: copied as an image, or saved as SVG or PNG. All of it happens in the browser.

import { say } from "./clipboard.js";
import { svgOf } from "./decision_svg.js";
import { element } from "./elements.js";
import { popover } from "./popover.js";

const SCALE = 2;

/** Returns {button, panel}; `value` gives the picture of the moment. */
export function pictureTools(words, value) {
  const made = popover(words("ui.decision_save"), { name: "picture" });
  const tool = (label, name, act) => {
    const button = element("button", { type: "button", class: "tr-button", "data-tool": name }, label);
    button.addEventListener("click", async () => {
      const picture = svgOf(value(), made.button);
      const isDone = await act(picture).then(() => true, () => false);
      say(button, words(isDone ? "ui.decision_done" : "ui.decision_failed"));
    });
    return button;
  };
  made.panel.append(element("div", { class: "tr-form" },
    tool(words("ui.decision_copy_picture"), "copy-picture", async (picture) =>
      navigator.clipboard.write([new ClipboardItem({ "image/png": pngOf(picture) })])),
    tool("PNG", "save-png", async (picture) => save(await pngOf(picture), fileName(value(), "png"))),
    tool("SVG", "save-svg", async (picture) => save(new Blob([textOf(picture)], { type: "image/svg+xml" }), fileName(value(), "svg")))));
  return made;
}

const fileName = ({ step }, ending) => `step-${step}.${ending}`;
const textOf = (picture) => new XMLSerializer().serializeToString(picture);

async function pngOf(picture) {
  const [width, height] = ["width", "height"].map((name) => Number(picture.getAttribute(name)));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(textOf(picture))}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * SCALE, height: height * SCALE });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no image"))), "image/png");
  });
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
