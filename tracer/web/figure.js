// A plotly figure {data, layout}: drawn anew in place when the page has another, as wide as its place, and with its
// type as large as the page's: half as large again for a room.
// Plotly's own script is loaded with the first one.

const CONFIG = { displayModeBar: false, typesetMath: false };
const HEIGHT = 450; // pixels: plotly's own
const USUAL_TYPE = 16; // pixels
const SCRIPT = new URL("../plotly/plotly.min.js", import.meta.url).href;
let loading = null;

export function mount(root, { options }) {
  const box = document.createElement("div");
  const wide = new ResizeObserver(() => draw());
  let shown = options.figure;
  let drawn = { figure: null, width: 0 };
  let plotly = null;
  const draw = () => {
    const width = box.clientWidth;
    if (!plotly || !width || (drawn.figure === shown && drawn.width === width)) return;
    drawn = { figure: shown, width };
    plotly.react(box, shown.data, { ...enlarged(shown.layout, getComputedStyle(root).fontFamily), width, height: heightOf(shown) }, CONFIG);
  };
  const show = (figure) => {
    shown = figure;
    box.style.height = `${heightOf(figure)}px`;
    box.setAttribute("aria-label", titleOf(figure));
    draw();
  };
  box.setAttribute("role", "img");
  box.className = "tr-figure";
  root.replaceChildren(box);
  show(shown);
  wide.observe(box);
  loaded().then((found) => {
    plotly = found;
    draw();
  });
  return {
    update: (next) => show(next.figure),
    destroy: () => {
      wide.disconnect();
      plotly?.purge(box);
      plotly = null;
      root.replaceChildren();
    },
  };
}

function heightOf({ layout }) {
  return Math.round((layout.height ?? HEIGHT) * scale());
}

function enlarged(layout, family) {
  const { font: usual, title } = layout;
  const font = { ...usual, family, size: usual.size * scale() };
  const titleFont = { ...title?.font, size: (title?.font?.size ?? usual.size) * scale() };
  return { ...layout, font, title: { ...title, font: titleFont }, hoverlabel: { ...layout.hoverlabel, font } };
}

function scale() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_TYPE;
}

function titleOf({ layout }) {
  const text = (layout.title?.text ?? "").replaceAll(/<br[^>]*>/g, " ");
  return new DOMParser().parseFromString(text, "text/html").body.textContent;
}

function loaded() {
  loading ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: SCRIPT });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error(`${SCRIPT} was not read.`));
    });
    document.head.append(script);
  });
  return loading;
}
