// One dialog for the whole product: whatever htmx puts into #dialog opens it; an empty answer closes it.
// A server says "done" with HX-Trigger: close-dialog. The element that opened it gets the focus back.
const dialog = document.getElementById("dialog");
let opener = null;

function open(asker) {
  if (!dialog.open) {
    opener = asker?.matches?.("a, button, summary, [tabindex]") ? asker : document.activeElement;
    dialog.showModal();
    document.body.dispatchEvent(new CustomEvent("dialog-opened"));
  }
  const field = dialog.querySelector("[aria-invalid='true'], [autofocus]")
    || dialog.querySelector(".dialog-body :is(input:not([type='hidden']), select, textarea, a[href], button)");
  (field || dialog.querySelector("[data-close]"))?.focus();
}

function emptied() {
  dialog.replaceChildren();
  // what was chosen in a menu is hidden again: the menu's button stands there
  const menu = opener?.closest("details[data-menu]:not([open])");
  if (opener?.isConnected) (menu?.querySelector("summary") || opener).focus();
  opener = null;
}

// A link with data-dialog is answered in the dialog; with a key that asks for a new tab or window it stays a link.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.getAttribute("href"), { source: link, target: dialog, swap: "innerHTML" }).catch(() => {});
});

dialog?.addEventListener("close", emptied);
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog) return;
  if (dialog.childElementCount) open(event.detail.requestConfig?.elt);
  else dialog.close();
});
// What was done elsewhere on the page, a moment before this dialog opened, must not take it away.
document.body.addEventListener("close-dialog", (event) => {
  if (dialog?.open && dialog.contains(event.target)) dialog.close();
});

// Ctrl and Enter sends what is being written, where Enter is a new line.
dialog?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
  event.preventDefault();
  const form = event.target.form;
  if (!event.repeat && !event.isComposing && !form?.classList.contains("htmx-request")) form?.requestSubmit();
});

// Any dialog: a close button, and a press on what lies behind it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close]");
  if (button) button.closest("dialog")?.close();
});
document.addEventListener("pointerdown", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLDialogElement) || !box.open) return;
  const area = box.getBoundingClientRect();
  const inside = event.clientX >= area.left && event.clientX <= area.right
    && event.clientY >= area.top && event.clientY <= area.bottom;
  // half a form typed is worth more than a quick way out
  if (!inside && !typed(box)) box.close();
});

function typed(box) {
  return [...box.querySelectorAll("form:not([role='search']) :is(input, textarea)")]
    .some((field) => field.type !== "hidden" && field.value !== field.defaultValue);
}
