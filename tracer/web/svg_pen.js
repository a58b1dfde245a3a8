// A pen that draws what a canvas would show as parts of an SVG, so that lines stay lines and text stays text.
// Has those methods of a canvas's context that `map_paint` and `head_grid_paint` use. Curves and shadows it has not.

import { svg } from "./elements.js";

const ANCHORS = { start: "start", left: "start", center: "middle", end: "end", right: "end" };
const FONT = /^(?:(bold|\d+) )?([\d.]+)px (.*)$/;
let numPens = 0;

export class SvgPen {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  globalAlpha = 1;
  font = "11px sans-serif";
  textAlign = "start";
  textBaseline = "alphabetic";
  imageSmoothingEnabled = true;
  #dash = [];
  #path = "";
  #moves = [];
  #kept = [];
  #defs = svg("defs", {});
  #patterns = new Map();
  #id = `tr-pen-${numPens++}`;
  #within;

  /** Draws into an SVG element of this size. */
  constructor(width, height) {
    this.element = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, this.#defs);
    this.#within = this.element;
  }

  /** What stands in for a canvas where one is given to be drawn on. */
  get canvas() {
    return { width: 0, height: 0, style: {}, getContext: () => this };
  }

  setTransform() {}
  clearRect() {}

  setLineDash(dash) {
    this.#dash = dash;
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } = this;
    this.#kept.push([{ fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline }, this.#within, [...this.#moves]]);
  }

  restore() {
    const [styles, within, moves] = this.#kept.pop();
    Object.assign(this, styles);
    this.#within = within;
    this.#moves = moves;
  }

  translate(x, y) {
    this.#moves.push(`translate(${x} ${y})`);
  }

  rotate(angle) {
    this.#moves.push(`rotate(${(angle * 180) / Math.PI})`);
  }

  beginPath() {
    this.#path = "";
  }

  moveTo(x, y) {
    this.#path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x, y) {
    this.#path += `${this.#path ? "L" : "M"}${short(x)} ${short(y)}`;
  }

  rect(x, y, width, height) {
    this.#path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`;
  }

  closePath() {
    this.#path += "Z";
  }

  clip() {
    const id = `${this.#id}-clip-${this.#defs.childElementCount}`;
    this.#defs.append(svg("clipPath", { id }, svg("path", { d: this.#path })));
    const group = svg("g", { "clip-path": `url(#${id})` });
    this.#within.append(group);
    this.#within = group;
  }

  fill() {
    this.#put("path", { d: this.#path, fill: this.#paint(this.fillStyle) });
  }

  stroke() {
    this.#put("path", { d: this.#path, fill: "none", ...this.#line() });
  }

  fillRect(x, y, width, height) {
    this.#put("rect", { ...box(x, y, width, height), fill: this.#paint(this.fillStyle) });
  }

  strokeRect(x, y, width, height) {
    this.#put("rect", { ...box(x, y, width, height), fill: "none", ...this.#line() });
  }

  drawImage(image, x, y, width, height) {
    this.#put("image", { ...box(x, y, width, height), href: image.toDataURL(), preserveAspectRatio: "none",
      style: this.imageSmoothingEnabled ? null : "image-rendering: pixelated" });
  }

  fillText(text, x, y) {
    const [, weight, size, family] = FONT.exec(this.font);
    const base = this.textBaseline === "middle" ? Number(size) * 0.35 : 0;
    this.#put("text", { x: short(x), y: short(y + base), fill: this.#paint(this.fillStyle), "font-size": size, "font-family": family, "font-weight": weight,
      "text-anchor": ANCHORS[this.textAlign], "xml:space": "preserve" }, text);
  }

  /** Takes a tile of a pattern, as `createPattern` does. */
  createPattern(tile) {
    const id = `${this.#id}-pattern-${this.#patterns.size}`;
    const pattern = { url: `url(#${id})`, setTransform: (matrix) => {
      const [width, height] = [tile.width * matrix.a, tile.height * matrix.d];
      this.#defs.append(svg("pattern", { id, width, height, patternUnits: "userSpaceOnUse" },
        svg("image", { width, height, href: tile.toDataURL() })));
    } };
    this.#patterns.set(id, pattern);
    return pattern;
  }

  #paint(style) {
    return typeof style === "string" ? style : style.url;
  }

  #line() {
    return { stroke: this.#paint(this.strokeStyle), "stroke-width": this.lineWidth, "stroke-dasharray": this.#dash.length ? this.#dash.join(" ") : null };
  }

  #put(name, attributes, ...children) {
    const more = { transform: this.#moves.length ? this.#moves.join(" ") : null, opacity: this.globalAlpha < 1 ? this.globalAlpha : null };
    this.#within.append(svg(name, { ...attributes, ...more }, children));
  }
}

const short = (number) => Math.round(number * 100) / 100;
const box = (x, y, width, height) => ({ x: short(x), y: short(y), width: short(Math.max(0, width)), height: short(Math.max(0, height)) });
