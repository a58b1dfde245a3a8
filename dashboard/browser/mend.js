// Streamlit can take away what a page shows when it is opened while a message of the one before is still on its way. A
// page has a mark at its end; where that is missing although the script rests, the page is asked for once more.

const LOOK_MS = 400;
const LOOKS = 4;
const PAUSE_MS = 5000;
let timer = null;
let asked = -PAUSE_MS;

/** Looks for the mark, once everything rests; called whenever something was taken away. */
export function mend() {
  clearTimeout(timer);
  look(LOOKS);
}

function look(left) {
  timer = setTimeout(() => {
    const app = document.querySelector("[data-testid=stApp]");
    if (!app || document.querySelector(".tr-page-end")) return;
    if (app.dataset.testScriptState !== "notRunning") look(LOOKS);
    else if (left > 1) look(left - 1);
    else askAgain();
  }, LOOK_MS);
}

function askAgain() {
  const rest = asked + PAUSE_MS - performance.now();
  if (rest > 0) {
    timer = setTimeout(() => look(1), rest);
    return;
  }
  asked = performance.now();
  const link = [...document.querySelectorAll("[data-testid=stHeader] a[href]")].find((one) => one.pathname === location.pathname);
  if (link) link.click();
  else location.reload();
}
