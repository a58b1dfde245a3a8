// A plotly figure {data, layout}: drawn anew in place when the page has another, and as wide as its place.
// Plotly's own script is loaded with the first one.

const CONFIG = { displayModeBar: false, typesetMath: false };
const HEIGHT = 450; // pixels: plotly's own
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
    const { fontFamily } = getComputedStyle(root);
    const { data, layout } = shown;
    const size = { width, height: heightOf(shown), autosize: false };
    plotly.react(box, data, { ...layout, ...size, font: { ...layout.font, family: fontFamily } }, CONFIG);
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
  return layout.height ?? HEIGHT;
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
