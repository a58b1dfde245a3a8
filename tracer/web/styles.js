// Adds the style sheets of the modules to the page, each once.

/** Adds `<name>.css`, which lies beside this file. */
export function loadStyle(name) {
  const href = new URL(`./${name}.css`, import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}
