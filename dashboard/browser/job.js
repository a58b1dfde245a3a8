// How the recording in the background comes along. Asks for it a few times a second by itself, so that nothing of the
// page is made anew meanwhile, and tells Streamlit once, when it has ended.

import { element } from "../web/elements.js";

const OFTEN_MS = 250;
const address = new URL("../job", import.meta.url);
const followers = new WeakMap();

/** Called by Streamlit: {parentElement, data, setTriggerValue}; `data` holds the words for what is being done. */
export function follow({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".tr");
  const before = followers.get(root);
  if (before) {
    before.words = data;
    return;
  }
  const follower = { words: data, timer: null };
  followers.set(root, follower);
  const bar = element("progress", { "aria-label": data.label });
  const what = element("p", { class: "tr-job-what", role: "status" });
  const count = element("span", { class: "tr-job-count" });
  const text = element("p", { class: "tr-job-text", hidden: true, translate: "no" });
  root.replaceChildren(element("div", { class: "tr-job-line" }, what, count), bar, text);

  const show = (job) => {
    const said = follower.words[job.what] ?? follower.words.loading;
    if (what.textContent !== said) what.textContent = said;
    count.textContent = job.total ? `${job.done} / ${job.total}` : "";
    if (job.total) Object.assign(bar, { max: job.total, value: job.done });
    else bar.removeAttribute("value");
    text.hidden = !job.text;
    if (text.textContent !== job.text) text.textContent = job.text;
  };
  const look = async () => {
    try {
      const job = await (await fetch(address)).json();
      if (followers.get(root) !== follower) return;
      if (job.status !== "running") {
        setTriggerValue("ended", job.status);
        return;
      }
      show(job);
    } catch {
      // the server rests for a moment; the next look tells
    }
    if (followers.get(root) === follower) follower.timer = setTimeout(look, OFTEN_MS);
  };
  look();
}

/** Takes it away again. */
export function leave(parentElement) {
  const root = parentElement.querySelector(".tr");
  clearTimeout(followers.get(root)?.timer);
  followers.delete(root);
}
