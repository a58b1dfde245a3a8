// Keeps the chosen language and theme in the browser, and makes Streamlit show the theme on every page.
// Streamlit reads its theme from localStorage, under a name made of the page's path, once, when the page is loaded.

import { loadStyle } from "../web/styles.js";

const YEAR_S = 365 * 24 * 3600;
const STREAMLIT = { system: "System", light: "Light", dark: "Dark" };
let theme = null;

/** Called at every run of the script: {lang, saved, theme, pages}. */
export function wear({ lang, saved, theme: chosen, pages }) {
  followTheme();
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

/** Tells the style sheets which theme is to be seen, by the page's background: Streamlit sets no attribute for it. */
export function followTheme() {
  const page = document.querySelector(".stApp");
  if (!page) return;
  const [red, green, blue] = getComputedStyle(page).backgroundColor.match(/\d+/g);
  const isDark = 0.3 * red + 0.6 * green + 0.1 * blue < 128;
  document.documentElement.dataset.trTheme = isDark ? "dark" : "light";
}

loadStyle("colors");
new MutationObserver(followTheme).observe(document.head, { childList: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(followTheme, 50));
