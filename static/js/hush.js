// While the desk is exchanged, or a dialog is on its way, nobody sees on whom a letter would act, and what is typed may
// have lost its field: then letters press nothing. Soon after it they do again, which data-keys="ready" says. Where a
// field was written in, that is once nobody has typed for a moment.
const SEEN = 250; // milliseconds until the eye has seen whom it is about
const PAUSE = 600; // longer than between two letters of somebody who writes

const going = new Set();
let wrote = false;
let timer = 0;

const desk = () => document.getElementById("desk");
const isField = (element) => element?.isContentEditable || element?.matches("textarea, select, input:not([type='radio'], [type='checkbox'])");

function ready() {
  timer = 0;
  wrote = false;
  desk()?.setAttribute("data-keys", "ready");
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ready, wrote ? PAUSE : SEEN);
}

// What exchanges the desk, what is sent from it or from a dialog, and the dialog itself; not the sign that somebody is still there.
function matters({ elt, target, requestConfig }) {
  if (target?.id === "desk" || target?.id === "dialog") return true;
  return requestConfig?.verb === "post" && elt.matches(":is(#desk, #dialog) *:not(.desk-frame)");
}

document.body.addEventListener("htmx:beforeSend", (event) => {
  const { xhr } = event.detail;
  if (!matters(event.detail)) return;
  clearTimeout(timer);
  going.add(xhr);
  // by the request itself: what sent it may have left the page meanwhile
  xhr.addEventListener("loadend", () => going.delete(xhr) && !going.size && soon());
  wrote ||= isField(document.activeElement);
  desk()?.removeAttribute("data-keys");
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "desk") wrote ||= isField(document.activeElement);
});

// Before anybody else hears it. A digit opens the question that stands there, whose words stay when the page comes anew;
// one that has been sent is no longer asked, so what follows is written into nothing.
document.addEventListener("keydown", (event) => {
  if (desk()?.dataset.keys || event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isField(event.target) || document.querySelector("dialog[open]")) return;
  if (/^[1-9]$/.test(event.key) && !wrote) {
    const form = document.querySelector(`[data-ask="${event.key}"] .ask-form`);
    if (form && !form.dataset.sent) return;
    wrote = true;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (wrote && !going.size) soon();
}, true);

document.addEventListener("DOMContentLoaded", ready);
