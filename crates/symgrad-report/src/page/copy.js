"use strict";
const all = (what) => [...document.querySelectorAll(what)];
const say = (text) => { document.getElementById("said").textContent = text; };

// Where no clipboard is offered, the text is selected for the reader to copy.
const copy = async (button) => {
  const from = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(from.textContent);
    button.textContent = "Copied";
    say("Copied");
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  } catch {
    getSelection().selectAllChildren(from);
    say("Selected");
  }
};

addEventListener("DOMContentLoaded", () => {
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
});
addEventListener("beforeprint", () => all("details").forEach((one) => { one.open = true; }));
