// Keeps the chosen language and theme in the browser, and makes Streamlit show the theme on every page.
// Streamlit reads its theme from localStorage, under a name made of the page's path, once, when the page is loaded.

const YEAR_S = 365 * 24 * 3600;
const STREAMLIT = { system: "System", light: "Light", dark: "Dark" };
let theme = null;

/** Called at every run of the script: {lang, saved, theme, pages}. */
export function wear({ lang, saved, theme: chosen, pages }) {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  if (saved) remember("lang", saved);
  if (chosen === theme) return;
  const isFirst = theme === null;
  theme = chosen;
  remember("theme", chosen);
  const base = new URL("..", import.meta.url).pathname;
  const paths = [base, ...pages.map((page) => base + page)];
  const changed = paths.map((path) => dress(path, STREAMLIT[chosen])).some(Boolean);
  if (changed && !(isFirst && chosen === "system")) location.reload();
}

function dress(path, name) {
  const key = `stActiveTheme-${path}-v2`;
  const value = JSON.stringify(name);
  try {
    if (localStorage.getItem(key) === value) return false;
    localStorage.setItem(key, value);
    return localStorage.getItem(key) === value;
  } catch {
    return false; // a window that may not remember stays with the system's theme
  }
}

function remember(name, value) {
  document.cookie = `tracer-${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
}
