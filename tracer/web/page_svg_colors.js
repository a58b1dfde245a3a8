// Colors as every reader of SVG knows them: #rrggbb and an opacity.

const known = new Map();
let pen = null;

/** Returns {color, opacity} of any color that CSS knows. */
export function hexOf(text) {
  if (!known.has(text)) known.set(text, read(text));
  return known.get(text);
}

/** Whether nothing of a color can be seen. */
export const isClear = (text) => !text || text === "none" || hexOf(text).opacity === 0;

/** Returns the attributes that paint with a color: {fill, "fill-opacity"} or those of a stroke. */
export function paint(name, text) {
  const { color, opacity } = hexOf(text);
  return { [name]: color, [`${name}-opacity`]: opacity < 1 ? Math.round(opacity * 1000) / 1000 : null };
}

function read(text) {
  pen ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = "rgba(0, 0, 0, 0)";
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
  return { color: `#${[red, green, blue].map((one) => one.toString(16).padStart(2, "0")).join("")}`, opacity: alpha / 255 };
}
