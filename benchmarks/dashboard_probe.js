// Stands in the page that `benchmarks.dashboard` measures: when something happened, and when it was painted.
// Changes nothing; the streams of changes that it reads are those of the whole document.

(() => {
  const APART = "[data-testid=stHeader], [data-testid=stToolbar], [data-testid=stStatusWidget], [data-testid=stDecoration]";
  const UNSEEN = "[class*=st-key-follow-]"; // tells Python the step, and shows nothing
  const QUIET_MS = 400;
  const seen = { at: 0, strip: null, decision: null, map: null, changed: 0, first: null };
  let inFlight = 0;

  // Runs once what is going on now is over: behind the painting, inside of a frame.
  const afterwards = (act) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = act;
    port2.postMessage(null);
  };
  let isFrame = false;
  const nextFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => nextFrame((now) => {
    if (!isFrame) afterwards(() => { isFrame = false; });
    isFrame = true;
    callback(now);
  });
  // Changes made inside of a frame are painted at its end, others at the end of the next one.
  const whenPainted = (tell) => {
    const end = () => afterwards(() => tell(performance.now()));
    if (isFrame) end();
    else nextFrame(end);
  };
  const note = (name) => {
    if (seen[name] !== null) return;
    seen[name] = undefined;
    const { at } = seen;
    whenPainted((now) => { if (seen.at === at) seen[name] = now - at; });
  };
  const begin = (at) => Object.assign(seen, { at, changed: at, strip: null, decision: null, map: null });

  function read({ target, type, attributeName }) {
    const place = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
    if (!place || place.closest(APART) || place.closest(UNSEEN) || attributeName?.startsWith("data-test")) return;
    seen.changed = performance.now();
    if (type === "attributes" && place.matches(".tr-piece-current")) note("strip");
    if (type === "childList" && place.closest(".tr-decision-sentence")) note("decision");
    if (type === "attributes" && place.matches("[role=application] canvas")) note("map");
  }

  function lookForText() {
    if (seen.first !== null || !document.querySelector(".tr-piece-current")) return;
    if (!document.querySelector(".tr-decision-sentence")?.textContent) return;
    seen.first = undefined;
    whenPainted((now) => { seen.first = now; });
  }

  new MutationObserver((records) => {
    records.forEach(read);
    lookForText();
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  addEventListener("keydown", (event) => begin(event.timeStamp), true);
  const ask = window.fetch;
  window.fetch = (...given) => {
    inFlight += 1;
    return ask(...given).finally(() => { inFlight -= 1; });
  };

  const isIdle = () => {
    const app = document.querySelector("[data-testid=stApp]");
    return app?.dataset.testScriptState === "notRunning" && !inFlight && !document.querySelector("[data-stale=true]");
  };
  const position = async () => (await import(new URL("browser/panel.js", document.baseURI))).position;

  window.bench = {
    /** Resolves once nothing has happened for a while: milliseconds from the last beginning to each of the things. */
    async settled(timeout = 30000) {
      let last = performance.now();
      for (const end = last + timeout; performance.now() < end;) {
        await new Promise((done) => setTimeout(done, 20));
        const now = performance.now();
        if (!isIdle() || now - seen.changed < QUIET_MS) last = now;
        if (now - last >= QUIET_MS && now - seen.at >= QUIET_MS) break;
      }
      const { strip, decision, map, changed, at, first } = seen;
      return { strip, decision, map, first, page: changed - at };
    },
    async step() {
      return (await position()).step;
    },
    async go(step) {
      const where = await position();
      begin(performance.now());
      where.select(step);
    },
    async choose(layer, head) {
      const where = await position();
      begin(performance.now());
      where.choose({ layer, head });
    },
    /** Presses a key so many times, so many milliseconds apart. */
    async hold(key, count, pause) {
      for (let time = 0; time < count; time += 1) {
        const target = document.activeElement ?? document.body;
        target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
        await new Promise((done) => setTimeout(done, pause));
      }
    },
  };
})();
