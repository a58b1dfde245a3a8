// Puts text on the clipboard and says so on the button that was pressed.

const TOLD_MS = 2000;

/** Copies a text; the button tells for a moment what came of it. Returns whether it was copied. */
export async function copyText(text, button, words) {
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    isCopied = false;
  }
  say(button, words(isCopied ? "ui.copied" : "ui.not_copied"));
  return isCopied;
}

/** Shows a text in place of a button's own for a moment. */
export function say(button, text) {
  const own = button.dataset.label ?? button.textContent;
  button.dataset.label = own;
  button.textContent = text;
  clearTimeout(button.telling);
  button.telling = setTimeout(() => {
    button.textContent = own;
  }, TOLD_MS);
}
