// The colors of weights and contributions as the page's theme has them, and what tells when the theme changes.

const LEVELS = 256;

/** Returns {low, high, negative, line, text, muted, focus, panel, background} as the style sheet has them now. */
export function colorsOf(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--tr-${name}`).trim();
  return {
    low: read("heat-low"), high: read("heat-high"), negative: read("heat-negative"), line: read("line"),
    text: read("text"), muted: read("muted"), focus: read("focus"), panel: read("panel"), background: read("background"),
  };
}

/** Returns the color of a shade from -1 to 1; negative ones go to the other end. */
export function shaded(colors, shade) {
  const [low, end] = [rgb(colors.low), rgb(shade < 0 ? colors.negative : colors.high)];
  const part = Math.min(1, Math.abs(shade));
  return `rgb(${low.map((value, index) => Math.round(value + (end[index] - value) * part)).join(" ")})`;
}

/** Whether text on a shade has to be light. */
export function isDarkAt(colors, shade) {
  const [red, green, blue] = shaded(colors, shade).match(/\d+/g).map((value) => linear(value / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179;
}

/** Returns 256 colors from low to high, as one Uint32 each in the order of a canvas. */
export function ramp(colors) {
  const [low, high] = [rgb(colors.low), rgb(colors.high)];
  return Uint32Array.from({ length: LEVELS }, (_, level) => {
    const [red, green, blue] = low.map((value, index) => Math.round(value + ((high[index] - value) * level) / (LEVELS - 1)));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

/** Returns a pattern of thin slanted lines for a canvas: what is set aside or not there. */
export function hatch(context, colors, ratio = devicePixelRatio) {
  const side = Math.round(6 * ratio);
  const tile = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = tile.getContext("2d");
  pen.fillStyle = colors.panel;
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = colors.muted;
  pen.lineWidth = Math.max(1, ratio * 0.75);
  pen.beginPath();
  for (const start of [-side, 0, side]) {
    pen.moveTo(start, side);
    pen.lineTo(start + side, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/** Calls back when the page turns light or dark; returns what ends it. */
export function onTheme(callback) {
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-tr-theme"] });
  return () => observer.disconnect();
}

/** Gives a canvas a size in CSS pixels, sharp on this screen; returns its context. */
export function sized(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

function rgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function linear(value) {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
