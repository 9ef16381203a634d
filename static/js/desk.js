// The desk by keyboard: a digit opens a question and puts the cursor into its answer, Esc leaves it, Ctrl and Enter says
// that it meets; M, W and F press the verdicts of the question that is open. Without this script the buttons do the same.
const writing = (target) => target.isContentEditable || target.matches?.("input, textarea, select");
const busy = () => document.querySelector("dialog[open]");

function keys() {
  for (const ask of document.querySelectorAll("[data-ask]")) {
    for (const button of ask.querySelectorAll("[data-verdict]")) {
      if (ask.open) button.dataset.key = button.dataset.verdict;
      else delete button.dataset.key;
    }
  }
}

function begin() {
  for (const ask of document.querySelectorAll("[data-ask]")) {
    if (ask.dataset.ready) continue;
    ask.dataset.ready = "yes";
    ask.addEventListener("toggle", keys);
  }
  keys();
}

document.addEventListener("keydown", (event) => {
  const inside = event.target.closest?.("[data-ask]");
  if (inside && writing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      inside.querySelector("[data-verdict='m']")?.click();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || busy()) return;
  const ask = /^[1-9]$/.test(event.key) && document.querySelector(`[data-ask="${event.key}"]`);
  if (!ask) return;
  event.preventDefault();
  ask.open = true;
  ask.querySelector("textarea")?.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-quote]");
  if (!button) return;
  const field = button.closest("[data-ask]").querySelector("textarea");
  field.value = button.dataset.quote;
  field.focus();
});

// the next lead: what reads the page aloud begins with who it is
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "desk") return;
  if (event.detail.requestConfig?.triggeringEvent?.type === "desk-changed") {
    document.querySelector("[data-desk-name]")?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }
});
document.addEventListener("htmx:afterSettle", begin);

begin();
