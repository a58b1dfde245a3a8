// Adds the style sheets of the modules to the page, each once. A page that stands alone has them in itself.

/** Adds `<name>.css`, which lies beside this file; what it returns is settled as soon as the sheet counts. */
export function loadStyle(name) {
  if (document.querySelector(`style[data-name="${name}"]`)) return Promise.resolve();
  const href = new URL(`./${name}.css`, import.meta.url).href;
  const known = document.querySelector(`link[href="${href}"]`);
  if (known?.sheet) return Promise.resolve();
  const link = known ?? Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  const settled = new Promise((resolve) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
  });
  if (!known) document.head.append(link);
  return settled;
}
