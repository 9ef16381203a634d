// The editor of a definition: drag a rule by its handle, Alt and the arrows move the one in focus, and what was open stays
// open when the rules come back rearranged. Without this script the buttons do the same.
const open = new Set();

async function begin() {
  for (const list of document.querySelectorAll("[data-rules]")) {
    if (list.dataset.ready) continue;
    list.dataset.ready = "yes";
    for (const block of list.querySelectorAll("[data-rule]")) {
      const details = block.querySelector("details");
      if (!details) continue;
      if (open.has(block.dataset.rule)) details.open = true;
      details.addEventListener("toggle", () => {
        if (details.open) open.add(block.dataset.rule);
        else open.delete(block.dataset.rule);
      });
    }
    const { default: Sortable } = await import(list.dataset.sortable);
    Sortable.create(list, { handle: "[data-handle]", animation: 120 });
  }
}

document.addEventListener("keydown", (event) => {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const block = event.target.closest?.("[data-rule]");
  if (!block) return;
  event.preventDefault();
  block.querySelector(event.key === "ArrowUp" ? "[data-up]" : "[data-down]")?.click();
});

document.addEventListener("htmx:afterSettle", begin);

begin();
