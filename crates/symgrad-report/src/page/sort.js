
// Numbers before texts, and what is missing last, whichever way round.
const compare = (a, b, down) => {
  if (a === "" || b === "") return (a === "") - (b === "");
  const [x, y] = [Number(a), Number(b)];
  const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
  return down ? -order : order;
};

addEventListener("DOMContentLoaded", () => {
  all("th button").forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th");
    const down = head.getAttribute("aria-sort") === "ascending";
    all("th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[head.cellIndex].dataset.value ?? "";
    const body = head.closest("table").tBodies[0];
    body.append(...[...body.rows].sort((a, b) => compare(value(a), value(b), down)));
    say(`Sorted by ${button.textContent}`);
  }));

  const [by, only] = ["by", "only"].map((name) => document.getElementById(name));
  const arrange = () => {
    let shown = 0;
    all(".cards").forEach((group) => {
      const cards = [...group.children];
      const value = (card) => card.dataset[by.value] ?? "";
      cards.sort((a, b) => compare(value(a), value(b), false));
      cards.forEach((card) => { card.hidden = only.value !== "" && card.dataset.verdict !== only.value; });
      group.append(...cards);
      const left = cards.filter((card) => !card.hidden).length;
      const section = group.closest(".group");
      if (section) section.hidden = left === 0;
      shown += left;
    });
    say(`${shown} shown`);
  };
  [by, only].forEach((choice) => choice?.addEventListener("change", arrange));
});
