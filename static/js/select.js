// Rows to choose: [data-select] boxes in a [data-selectable] place, [data-select-all], and a [data-bulk] bar with the count.
// Shift selects a range. The boxes carry name="ids" and form="…", so the bar's form sends them by itself.
let last = null;

const boxes = (place) => [...place.querySelectorAll("[data-select]")];

function refresh(place) {
  const all = boxes(place);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr, [data-row]")?.classList.toggle("is-selected", box.checked);
  const head = place.querySelector("[data-select-all]");
  if (head) {
    head.checked = all.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  for (const bar of place.querySelectorAll("[data-bulk]")) {
    bar.hidden = chosen.length === 0;
    for (const count of bar.querySelectorAll("[data-bulk-count]")) count.textContent = chosen.length;
  }
}

document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-selectable]");
  if (!place) return;
  const box = event.target.closest("[data-select]");
  if (box) {
    const all = boxes(place);
    const [from, to] = [all.indexOf(last), all.indexOf(box)];
    if (event.shiftKey && from >= 0) {
      for (const between of all.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = box.checked;
    }
    last = box;
    refresh(place);
  } else if (event.target.closest("[data-select-all]")) {
    const { checked } = event.target.closest("[data-select-all]");
    for (const each of boxes(place)) each.checked = checked;
    refresh(place);
  } else if (event.target.closest("[data-select-none]")) {
    for (const each of boxes(place)) each.checked = false;
    refresh(place);
  }
});

const all = () => document.querySelectorAll("[data-selectable]").forEach(refresh);
document.body.addEventListener("htmx:afterSettle", all);
window.addEventListener("pageshow", all);
