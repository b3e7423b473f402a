
const choose = (entry) => {
  all("[data-of]").forEach((panel) => { panel.hidden = panel.dataset.of !== entry; });
  all("[data-entry]").forEach((one) => {
    one.setAttribute("aria-pressed", String(one.dataset.entry === entry));
  });
  const chosen = document.querySelector(`.point[data-entry="${entry}"]`);
  if (chosen) say(`Shown: ${chosen.getAttribute("aria-label")}`);
};

addEventListener("DOMContentLoaded", () => {
  const points = all(".point");
  const readout = document.querySelector(".readout");
  all("[data-entry]").forEach((one) => {
    one.addEventListener("click", () => choose(one.dataset.entry));
  });
  points.forEach((point, index) => {
    const tell = () => { readout.textContent = point.getAttribute("aria-label"); };
    point.addEventListener("pointerenter", tell);
    point.addEventListener("focus", tell);
    point.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") choose(point.dataset.entry);
      else if (step) points[(index + step + points.length) % points.length].focus();
      else return;
      event.preventDefault();
    });
  });
});
