// Marks in the contents where the reader is and what lies behind, and opens or closes all stations.
// The page works without it; it has no words of its own.
(() => {
  const stations = [...document.querySelectorAll("section.station")];
  const links = [...document.querySelectorAll("nav li a")];
  const place = document.querySelector("#place");
  const contents = document.querySelector("nav details");
  const isNarrow = () => matchMedia("(max-width: 45rem)").matches;

  const LINE = 100; // pixels from the top: what begins above it is being read

  const show = () => {
    const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const passed = stations.filter((one) => one.getBoundingClientRect().top < LINE).length;
    const current = isAtEnd ? stations.length : passed;
    links.forEach((link, number) => {
      link.classList.toggle("passed", number < current - 1);
      if (number === current - 1) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
    place.textContent = `${current} / ${stations.length}`;
  };

  for (const button of document.querySelectorAll("button[data-level]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const level = Number(button.dataset.level);
      for (const one of document.querySelectorAll(".station > details")) {
        one.open = one.classList.contains("source") ? level > 2 : level > 1;
      }
      show();
    });
  }
  for (const link of links) link.addEventListener("click", () => (contents.open = !isNarrow()));
  contents.open = !isNarrow();
  addEventListener("scroll", show, { passive: true });
  addEventListener("resize", show);
  show();
})();
