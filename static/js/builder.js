// The form builder: drag by the handle, Alt and the arrows move the question that is in focus, and what was open stays
// open when the list comes back rearranged. Without this script the buttons do the same.
const open = new Set();

const blocks = () => [...document.querySelectorAll("[data-question]")];

function changed() {
  document.querySelector("#builder").dispatchEvent(new Event("change", { bubbles: true }));
}

async function begin() {
  const list = document.querySelector("[data-questions]");
  if (!list || list.dataset.ready) return;
  list.dataset.ready = "yes";
  for (const block of blocks()) {
    const details = block.querySelector("details");
    if (open.has(block.dataset.question)) details.open = true;
    details.addEventListener("toggle", () => {
      if (details.open) open.add(block.dataset.question);
      else open.delete(block.dataset.question);
    });
  }
  const { default: Sortable } = await import(list.dataset.sortable);
  Sortable.create(list, { handle: "[data-handle]", animation: 120, onEnd: changed });
}

document.addEventListener("keydown", (event) => {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const block = event.target.closest?.("[data-question]");
  if (!block) return;
  event.preventDefault();
  block.querySelector(event.key === "ArrowUp" ? "[data-up]" : "[data-down]")?.click();
});

document.addEventListener("htmx:afterSettle", begin);

begin();
