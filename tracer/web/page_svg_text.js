// The text of a node as SVG: one <text> for each line of it, where the page shows it.

import { svg } from "./elements.js";
import { isClear, paint } from "./page_svg_colors.js";

const SAME_LINE = 1; // pixels
const heights = new Map();
let pen = null;

/** Returns the lines of a text node; `node` is the element around it. */
export function textParts(text, node, style) {
  if (!text.data || isClear(style.color)) return [];
  const zoom = node.currentCSSZoom ?? 1;
  const size = parseFloat(style.fontSize) * zoom;
  const shared = {
    ...paint("fill", style.color), "font-family": style.fontFamily.replaceAll('"', "'"), "font-size": round(size),
    "font-weight": style.fontWeight === "400" ? null : style.fontWeight, "font-style": style.fontStyle === "normal" ? null : style.fontStyle,
    "text-decoration": decorationOf(node), "xml:space": "preserve",
  };
  return linesOf(text).map(({ words, box, isBackward }) => svg("text", {
    x: round(isBackward ? box.right : box.left), y: round(box.top + box.height * ascent(style)), ...shared,
    ...(isBackward ? { direction: "rtl", "unicode-bidi": "isolate" } : {}),
  }, words));
}

// Characters that stand on one line are one text; white space at its ends is not shown.
function linesOf(text) {
  const range = document.createRange();
  const lines = [];
  let at = 0;
  for (const letter of text.data) {
    range.setStart(text, at);
    range.setEnd(text, at + letter.length);
    at += letter.length;
    const box = [...range.getClientRects()].at(-1);
    if (!box || (!box.width && /\s/.test(letter))) continue;
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < SAME_LINE) {
      line.words += letter;
      line.isBackward ||= box.left < line.last - 0.5;
      line.box = around(line.box, box);
      line.last = box.left;
    } else lines.push({ words: letter, box, last: box.left, isBackward: false });
  }
  return lines.map((line) => ({ ...line, words: line.words.replace(/[\n\r\t]/g, " ") })).filter(({ words }) => words.trim());
}

function around(one, other) {
  const [left, right] = [Math.min(one.left, other.left), Math.max(one.right, other.right)];
  return { left, right, top: one.top, height: one.height, width: right - left };
}

// Which part of the height of a line of text lies above its base line.
function ascent({ fontStyle, fontWeight, fontFamily }) {
  const font = `${fontStyle} ${fontWeight} 100px ${fontFamily}`;
  if (!heights.has(font)) {
    pen ??= document.createElement("canvas").getContext("2d");
    pen.font = font;
    const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = pen.measureText("x");
    heights.set(font, above / (above + below));
  }
  return heights.get(font);
}

// A decoration of an element counts for all text in it.
function decorationOf(node) {
  for (let one = node; one && one !== document.body; one = one.parentElement) {
    const { textDecorationLine: line, display } = getComputedStyle(one);
    if (line !== "none") return line;
    if (display === "inline-block") return null;
  }
  return null;
}

const round = (number) => Math.round(number * 100) / 100;
