// The box of an element as parts of an SVG: its fill, its border, its rings. Inline boxes have one for each line.

import { svg } from "./elements.js";
import { isClear, paint } from "./page_svg_colors.js";

const SIDES = ["Top", "Right", "Bottom", "Left"];
const SHADOW = /^(.*?) (-?[\d.]+)px (-?[\d.]+)px ([\d.]+)px (-?[\d.]+)px( inset)?$/;
const FILL = /^(repeating-)?linear-gradient\((\d+)deg, ([^]*)\)$/;
const STOP = /(rgba?\([^)]*\)|color\([^)]*\)|oklab\([^)]*\))((?: -?[\d.]+(?:px|%))*)/g;

/** Returns the parts of an element's own box; patterns go into `defs`. */
export function boxParts(node, style, defs) {
  const zoom = node.currentCSSZoom ?? 1;
  const boxes = [...node.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
  return boxes.flatMap(({ x, y, width, height }) => {
    const box = { x, y, width, height, radius: Math.min(parseFloat(style.borderTopLeftRadius) * zoom || 0, width / 2, height / 2) };
    return [...rings(box, style, zoom), ...fills(box, style, defs, zoom), ...bars(box, style, zoom), ...borders(box, style, zoom), ...outline(box, style, zoom)];
  });
}

function fills(box, style, defs, zoom) {
  const made = isClear(style.backgroundColor) ? [] : [rectangle(box, paint("fill", style.backgroundColor))];
  if (style.backgroundImage === "none") return made;
  const fill = FILL.exec(style.backgroundImage);
  if (!fill) return made;
  const stops = [...fill[3].matchAll(STOP)].map(([, color, at]) => ({ color, at: at.trim().split(" ").filter(Boolean).map(parseFloat) }));
  const id = `tr-fill-${defs.childElementCount}`;
  defs.append(fill[1] ? slanted(id, stops, Number(fill[2]), zoom) : gradual(id, stops));
  return [...made, rectangle(box, { fill: `url(#${id})` })];
}

// Stripes: the last stop ends the period.
function slanted(id, stops, angle, zoom) {
  const period = Math.max(...stops.flatMap(({ at }) => at)) * zoom;
  const ends = stops.flatMap(({ color, at }) => at.map((place) => ({ color, place: place * zoom })));
  const stripes = ends.slice(0, -1).filter(({ color }, at) => color === ends[at + 1].color)
    .map(({ color, place }) => svg("rect", { x: place, y: 0, width: ends.findLast((one) => one.color === color).place - place, height: period, ...paint("fill", color) }));
  return svg("pattern", { id, width: period, height: period, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle - 90})` }, stripes);
}

function gradual(id, stops) {
  const last = Math.max(1, stops.length - 1);
  return svg("linearGradient", { id }, stops.map(({ color }, place) => svg("stop", { offset: place / last, ...paint("stop-color", color) })));
}

function borders(box, style, zoom) {
  const drawn = SIDES.map((side) => ({ width: parseFloat(style[`border${side}Width`]) * zoom, color: style[`border${side}Color`], kind: style[`border${side}Style`] }));
  const sides = drawn.map((side) => (side.kind === "none" || isClear(side.color) ? { ...side, width: 0 } : side));
  const [first] = sides;
  if (sides.every(({ width, color, kind }) => width === first.width && color === first.color && kind === first.kind)) {
    return first.width ? [framed(box, -first.width / 2, first)] : [];
  }
  if (box.width <= drawn[1].width + drawn[3].width + 0.5) return [corner(box, sides)].filter(Boolean);
  return sides.flatMap((side, place) => (side.width ? [edge(box, side, place)] : []));
}

// A box of nothing but borders is a triangle.
function corner({ x, y, width, height }, [top, right]) {
  if (!top.width || !right.width) return null;
  return svg("path", { d: `M${round(x)} ${round(y)}h${round(width)}v${round(height)}Z`, ...paint("fill", top.color) });
}

function edge({ x, y, width, height }, side, place) {
  const { width: thick } = side;
  const [left, top, wide, high] = [[x, y, width, thick], [x + width - thick, y, thick, height], [x, y + height - thick, width, thick], [x, y, thick, height]][place];
  return rectangle({ x: left, y: top, width: wide, height: high, radius: 0 }, paint("fill", side.color));
}

const shadowsOf = (style) => (style.boxShadow === "none" ? [] : style.boxShadow.split(/,(?![^(]*\))/))
  .map((text) => SHADOW.exec(text.trim())).filter((found) => found && !isClear(found[1]))
  .map(([, color, right, down, , spread, inset]) => ({ color, right: Number(right), down: Number(down), spread: Number(spread), isInside: Boolean(inset) }));

// Shadows without blur that lie outside are rings; the first of them is on top.
function rings(box, style, zoom) {
  return shadowsOf(style).filter(({ isInside }) => !isInside).reverse()
    .map(({ color, spread }) => framed(box, (spread * zoom) / 2, { width: spread * zoom, color, kind: "solid" }));
}

// Those inside are bars along an edge.
function bars(box, style, zoom) {
  return shadowsOf(style).filter(({ isInside }) => isInside).map(({ color, right, down }) => {
    const place = down < 0 ? 2 : down > 0 ? 0 : right > 0 ? 3 : 1;
    return edge(box, { width: Math.abs(down || right) * zoom, color }, place);
  });
}

function outline(box, style, zoom) {
  const width = parseFloat(style.outlineWidth) * zoom;
  if (style.outlineStyle === "none" || !width || isClear(style.outlineColor)) return [];
  return [framed(box, parseFloat(style.outlineOffset) * zoom + width / 2, { width, color: style.outlineColor, kind: style.outlineStyle })];
}

function framed(box, by, { width, color, kind }) {
  const dash = { dashed: `${width * 3} ${width * 2}`, dotted: `${width} ${width}` }[kind];
  const outer = { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by, radius: Math.max(0, box.radius + by) };
  return rectangle(outer, { fill: "none", ...paint("stroke", color), "stroke-width": round(width), "stroke-dasharray": dash });
}

function rectangle({ x, y, width, height, radius }, more) {
  return svg("rect", { x: round(x), y: round(y), width: round(Math.max(0, width)), height: round(Math.max(0, height)), rx: radius ? round(radius) : null, ...more });
}

const round = (number) => Math.round(number * 100) / 100;
