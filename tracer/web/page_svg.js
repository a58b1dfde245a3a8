// A page as one SVG: every box a rectangle, every line of text a <text>, an SVG as it is. Walks the page in its order,
// and knows those of CSS that pictures use: plain and slanted fills, borders, rings, rounded corners, decorations.

import { boxParts } from "./page_svg_boxes.js";
import { svg } from "./elements.js";
import { hexOf, isClear } from "./page_svg_colors.js";
import { textParts } from "./page_svg_text.js";

const SEEN = 3; // pixels
const SKIPPED = new Set(["SCRIPT", "STYLE", "LINK", "NOSCRIPT", "TEMPLATE", "INPUT", "SELECT"]);

/** Returns the page as the text of an SVG file. */
export function svgOfPage() {
  materialize(document.body);
  const { width, height: content } = document.documentElement.getBoundingClientRect();
  const height = Math.ceil(content);
  const defs = svg("defs", {});
  const background = getComputedStyle(document.documentElement).backgroundColor;
  const parts = partsOf(document.body, defs);
  const whole = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` },
    svg("title", {}, document.title), defs, isClear(background) ? null : svg("rect", { width, height, fill: hexOf(background).color }), parts);
  return new XMLSerializer().serializeToString(whole).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
}

// `frame` is what is seen of a part that is cut; what lies outside is not there.
function partsOf(node, defs, frame = null) {
  if (SKIPPED.has(node.tagName) || (frame && isOutside(node, frame))) return [];
  const style = getComputedStyle(node);
  if (style.display === "none" || style.clipPath === "inset(50%)") return [];
  if (node instanceof SVGSVGElement) return [inlined(node)];
  const parts = style.visibility === "hidden" ? [] : boxParts(node, style, defs);
  if (node instanceof HTMLCanvasElement) parts.push(imageOf(node));
  const inner = style.overflowY === "hidden" && node.scrollHeight > node.clientHeight + 1 ? node.getBoundingClientRect() : frame;
  const later = [];
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) parts.push(...(style.visibility === "hidden" ? [] : textParts(child, node, style)));
    else if (child.nodeType === Node.ELEMENT_NODE) (isAbove(child) ? later : parts).push(...partsOf(child, defs, inner));
  }
  return [...parts, ...later];
}

function isOutside(node, frame) {
  const { top, bottom } = node.getBoundingClientRect();
  return bottom < frame.top + SEEN || top > frame.bottom - SEEN;
}

const isAbove = (node) => Number(getComputedStyle(node).zIndex) > 0;

function inlined(node) {
  const box = node.getBoundingClientRect();
  const copy = node.cloneNode(true);
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${node.clientWidth} ${node.clientHeight}`);
  for (const name of ["x", "y", "width", "height"]) copy.setAttribute(name, Math.round(box[name] * 100) / 100);
  copy.removeAttribute("class");
  return copy;
}

function imageOf(canvas) {
  const { x, y, width, height } = canvas.getBoundingClientRect();
  return svg("image", { x, y, width, height, href: canvas.toDataURL() });
}

// What CSS puts before and after an element becomes an element, because only those can be measured.
function materialize(root) {
  const off = document.createElement("style");
  off.textContent = ".tr-made-before::before, .tr-made-after::after { content: none !important; }";
  document.head.append(off);
  for (const node of [...root.querySelectorAll("*")]) {
    if (node instanceof SVGElement || SKIPPED.has(node.tagName)) continue;
    for (const side of ["before", "after"]) replace(node, side);
  }
}

function replace(node, side) {
  const style = getComputedStyle(node, `::${side}`);
  const text = /^"([^]*)"$/.exec(style.content);
  if (!text) return;
  const made = document.createElement("span");
  for (const name of style) if (name !== "content") made.style.setProperty(name, style.getPropertyValue(name));
  made.textContent = text[1].replaceAll("\\a ", "\n").replaceAll('\\"', '"').replaceAll("\\\\", "\\");
  if (style.display === "inline") {
    made.style.width = "auto";
    made.style.height = "auto";
  }
  if (side === "before") node.prepend(made);
  else node.append(made);
  node.classList.add(`tr-made-${side}`);
}
