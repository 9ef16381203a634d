// Single keys: g then a letter goes to a place, / to the page's search, ? explains, j k x walk and select rows.
let waiting = 0;

const writing = (target) => target.isContentEditable || target.matches?.("input, textarea, select");
const busy = () => document.querySelector("dialog[open]");

function walk(step) {
  const rows = [...document.querySelectorAll("#content .sheet tbody tr, #content [data-rows] > *")]
    .filter((row) => row.querySelector("a[href]"));
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  row.querySelector("a[href]").focus();
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target) || busy()) return;
  const key = event.key.toLowerCase();
  if (waiting && Date.now() - waiting < 1500) {
    waiting = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  waiting = 0;
  if (key === "g") {
    waiting = Date.now();
  } else if (key === "?") {
    help();
  } else if (key === "/") {
    const field = document.querySelector("[data-page-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (key === "j" || key === "k") {
    walk(key === "j" ? 1 : -1);
  } else if (key === "x") {
    document.activeElement.closest("tr")?.querySelector("[data-select]")?.click();
  } else {
    // a page's own keys: any element with data-key="n" is pressed by that letter
    const pressed = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!pressed || pressed.disabled) return;
    event.preventDefault();
    pressed.click();
  }
});

function help() {
  document.getElementById("keyboard-help")?.showModal();
}

document.addEventListener("click", (event) => event.target.closest("[data-help-open]") && help());
