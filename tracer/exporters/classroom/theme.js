// Light or dark as the system is; on paper always light.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = (isPrinted) => { document.documentElement.dataset.trTheme = dark.matches && !isPrinted ? "dark" : "light"; };
paint(false);
dark.addEventListener("change", () => paint(false));
addEventListener("beforeprint", () => paint(true));
addEventListener("afterprint", () => paint(false));
