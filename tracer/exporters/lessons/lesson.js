// The questions of a lesson: hashes an answer as quiz.py does, says at once whether it is right, counts first tries.
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const questions = [...document.querySelectorAll("form.question")];
const result = document.getElementById("result");
const tries = new Map();

function hashed(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, "0");
}

function answerOf(form) {
  const picked = form.querySelector("input[type=radio]:checked");
  if (picked) return picked.value;
  const typed = form.querySelector("input[type=text]");
  return typed ? typed.value.normalize("NFKC").replace(/[,，%\s]/g, "") : "";
}

function report() {
  if (!result) return;
  const right = [...tries.values()].filter((one) => one.first).length;
  const values = { right, count: questions.length, done: tries.size };
  result.value = words.result.replace(/\{(right|count|done)\}/g, (_, name) => String(values[name]));
}

for (const form of questions) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = answerOf(form), output = form.querySelector("output");
    output.className = "";
    if (answer === "") { output.textContent = words.nothing; return; }
    const isRight = hashed(form.dataset.salt + answer) === form.dataset.key;
    if (!tries.has(form)) tries.set(form, { first: isRight });
    output.textContent = (isRight ? "✓ " : "✗ ") + (isRight ? words.right : words.wrong);
    output.className = isRight ? "right" : "wrong";
    report();
  });
}

const copy = document.getElementById("copy");
if (copy) copy.addEventListener("click", async () => {
  result.select();
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(result.value);
    said.textContent = words.copied;
  } catch {
    said.textContent = words.selected;
  }
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = (isPrinted) => { document.documentElement.dataset.trTheme = dark.matches && !isPrinted ? "dark" : "light"; };
paint(false);
dark.addEventListener("change", () => paint(false));
addEventListener("beforeprint", () => {
  paint(true);
  for (const one of document.querySelectorAll("details")) one.open = true;
});
addEventListener("afterprint", () => paint(false));
report();
