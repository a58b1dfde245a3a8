// How wide a text is, and what fits into a width: for pictures whose texts break by themselves nowhere.

/** The fonts of pictures: Latin ones first, so that signs between words are as narrow as those. */
export const MONO = "'Source Code Pro', 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono CJK SC', monospace";
export const SANS = "'Source Sans 3', 'Helvetica Neue', Arial, 'Liberation Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

// A word, or one Chinese character, with the brackets before it and the stops behind it, which begin no line.
const BREAKS = /[（「《]*(?:[^\s\u3000-\u9fff\uff00-\uffef]+|[\u3000-\u9fff\uff00-\uffef])[，。：；）！？、」》]*\s*|\s+/g;
let kept = null;

/** Returns the width of a text in pixels. */
export function widthOf(text, size, family, weight = 400) {
  kept ??= document.createElement("canvas").getContext("2d");
  kept.font = `${weight} ${size}px ${family}`;
  return kept.measureText(text).width;
}

/** Returns the lines of a text that fit a width; Chinese may break anywhere. */
export function wrapped(text, width, size, family, weight = 400) {
  const lines = [""];
  for (const word of text.match(BREAKS) ?? []) {
    if (lines.at(-1) && widthOf(lines.at(-1) + word.trimEnd(), size, family, weight) > width) lines.push("");
    lines[lines.length - 1] += word;
  }
  return lines.filter((line, at) => line || at);
}

/** Returns a text cut to a width, with a mark where it was cut. */
export function clipped(text, width, size, family, weight = 400) {
  if (widthOf(text, size, family, weight) <= width) return text;
  const letters = [...text];
  while (letters.length && widthOf(`${letters.join("")}…`, size, family, weight) > width) letters.pop();
  return `${letters.join("")}…`;
}
