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

// What was typed for the same lead while the page came anew stays, with the cursor where it was; what was sent does not.
let kept = null;

function keep() {
  const desk = document.getElementById("desk");
  kept = { lead: desk.dataset.desk, forms: [] };
  for (const form of desk.querySelectorAll(".ask-form:not([data-sent])")) {
    const fields = [...form.querySelectorAll("textarea, input:not([type='hidden'])")];
    const typed = fields.filter((field) => field.value !== field.defaultValue).map((field) => [field.name, field.value]);
    const focus = fields.find((field) => field === document.activeElement);
    if (typed.length || focus) {
      const at = focus?.selectionStart ?? null;
      kept.forms.push({ action: form.getAttribute("action"), typed, focus: focus?.name, at });
    }
  }
}

function bringBack(desk) {
  let focused = false;
  for (const { action, typed, focus, at } of kept.forms) {
    const form = desk.querySelector(`.ask-form[action="${CSS.escape(action)}"]`);
    if (!form) continue;
    for (const [name, value] of typed) form.elements[name].value = value;
    if (!focus) continue;
    form.closest("[data-ask]").open = true;
    form.elements[focus].focus();
    if (at !== null) form.elements[focus].setSelectionRange(at, at);
    focused = true;
  }
  return focused;
}

// What is being sent from the page must find the page again with its answer: until then no newer one takes its place.
const sending = new Set();

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig?.verb !== "post" || !event.target.closest?.("#desk")) return;
  sending.add(event.detail.xhr);
  const form = event.target.closest(".ask-form");
  if (form) form.dataset.sent = "yes";
});
// By the request: what sent it may have left the page meanwhile.
document.body.addEventListener("htmx:afterRequest", (event) => sending.delete(event.detail.xhr));
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "desk") return;
  if (sending.size) event.detail.shouldSwap = false;
  else keep();
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "desk" || !kept) return;
  const desk = document.getElementById("desk");
  const isSame = kept.lead && kept.lead === desk.dataset.desk;
  const focused = isSame && bringBack(desk);
  kept = null;
  keys();
  // whoever has the page read aloud hears who it is
  if (!focused && !busy()) desk.querySelector("[data-desk-name]")?.focus({ preventScroll: true });
  if (!isSame) window.scrollTo({ top: 0 });
});
document.addEventListener("htmx:afterSettle", begin);

begin();
