// A plotly figure as an SVG by itself. Plotly's own script is in the page.

/* global Plotly */

const SHAPE = 0.6;
const LEAST_HEIGHT = 300;
const CLOSEST = 0.8;
const LEAST_TYPE = 9.4; // pixels: 7 pt

export async function mount(root, { source, width, height, isLast }) {
  const { data, layout } = await source.view("figure");
  const size = { width, height: heightOf(layout, width, height, isLast) };
  const { zoom } = document.body.style;
  document.body.style.zoom = 1; // plotly measures its texts
  const address = await Plotly.toImage({ data, layout: { ...layout, ...size } }, { format: "svg", ...size });
  document.body.style.zoom = zoom;
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  const picture = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  root.replaceChildren(picture);
  for (const one of picture.querySelectorAll("text, tspan")) {
    if (parseFloat(getComputedStyle(one).fontSize) < LEAST_TYPE) one.style.fontSize = `${LEAST_TYPE}px`;
  }
}

// On a slide as high as it is, unless the rows would stand too close; elsewhere what the figure asks for.
function heightOf({ height: wanted }, width, given, isLast) {
  if (given === null) return Math.round(wanted ?? Math.max(LEAST_HEIGHT, width * SHAPE));
  return isLast || !wanted ? given : Math.max(given, Math.round(wanted * CLOSEST));
}
