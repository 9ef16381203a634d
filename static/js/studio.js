// The editor of a definition: drag a rule by its handle, Alt and the arrows move the one in focus. Which parts stand open
// is sent along (data-open), and comes back. Without this script the buttons do the same.
function arrange() {
  for (const list of document.querySelectorAll("[data-rules]:not([data-ready])")) {
    list.dataset.ready = "yes";
    // its numbers are the places of the rules: they are sent at once
    const onEnd = () => list.closest("form").querySelector("[data-refresh-button]").click();
    import(list.dataset.sortable).then(({ default: Sortable }) => {
      Sortable.create(list, { handle: "[data-handle]", animation: 120, onEnd });
    });
  }
}

// "toggle" does not bubble
document.addEventListener("toggle", ({ target }) => {
  const mark = target.querySelector?.(":scope > [data-open]");
  if (mark) mark.disabled = !target.open;
}, true);

document.addEventListener("keydown", (event) => {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const block = event.target.closest?.("[data-rule]");
  if (!block) return;
  event.preventDefault();
  const button = [...block.querySelectorAll(event.key === "ArrowUp" ? "[data-up]" : "[data-down]")]
    .find((one) => one.closest("[data-rule]") === block);
  button?.click();
});

document.addEventListener("htmx:afterSettle", arrange);

arrange();
