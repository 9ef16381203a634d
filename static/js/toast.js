// Short messages: Django's, the server's HX-Trigger: {"toast": {"text", "tone", "undo", "undone"}}, and what went wrong on the way.
const place = document.getElementById("toasts");
const STAY = 5000;

function lift() {
  // a popover shown last lies above an open dialog
  if (!place.isConnected || !place.showPopover) return;
  if (place.matches(":popover-open")) place.hidePopover();
  if (place.childElementCount) place.showPopover();
}

function leave(note) {
  note.remove();
  if (!place.childElementCount && place.matches(":popover-open")) place.hidePopover();
}

function watch(note) {
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.setAttribute("aria-label", "Dismiss");
  close.style.marginLeft = "auto";
  close.addEventListener("click", () => leave(note));
  note.append(close);
  const stay = note.classList.contains("note-error") ? STAY * 2 : note.querySelector(".note-action") ? STAY * 1.6 : STAY;
  let timer = setTimeout(leave, stay, note);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => (timer = setTimeout(leave, STAY / 2, note)));
  note.addEventListener("focusin", () => clearTimeout(timer));
}

function show({ text, tone = "info", undo = "", undone = "" }) {
  if (!text || !place) return;
  for (const other of place.querySelectorAll("[data-toast]"))
    if (other.dataset.toast === text || (undone && other.dataset.undo === undone)) leave(other);
  const note = document.createElement("div");
  note.className = `note note-${tone}`;
  note.dataset.toast = text;
  note.append(text);
  if (undo) {
    note.dataset.undo = undo;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
    button.className = "note-action";
    button.addEventListener("click", () => {
      leave(note);
      window.htmx.ajax("POST", undo, { swap: "none", event: new CustomEvent("undo") }).catch(() => {});
    });
    note.append(button);
  }
  place.append(note);
  watch(note);
  lift();
}

if (place) {
  place.querySelectorAll("[data-toast]").forEach(watch);
  lift();
}

document.body.addEventListener("dialog-opened", lift);
document.body.addEventListener("toast", (event) => {
  const given = event.detail?.value ?? event.detail;
  show(typeof given === "string" ? { text: given } : given);
});

// --- what went wrong between the page and the server; a page that asks by itself every few seconds stays quiet ---
const asked = (event) => {
  const cause = event.detail.requestConfig?.triggeringEvent;
  return !(cause && ["load", "every", "revealed", "intersect"].includes(cause.type)) && Boolean(cause);
};

document.body.addEventListener("htmx:sendError", (event) => {
  if (!asked(event)) return;
  const why = navigator.onLine ? "The server didn't answer." : "You are offline.";
  show({ text: `${why} Nothing was changed; try again in a moment.`, tone: "error" });
});
document.body.addEventListener("htmx:timeout", (event) => {
  if (asked(event)) show({ text: "The server is taking too long. Reload the page to see whether it was done.", tone: "error" });
});
document.body.addEventListener("htmx:responseError", (event) => {
  if (!asked(event)) return;
  const status = event.detail.xhr.status;
  const said = {
    401: "Your session ended. Sign in again; nothing was changed.",
    403: "You may not do this. Nothing was changed.",
    404: "This is no longer here. Reload the page to see what is.",
    413: "This is too much for one request. Nothing was changed.",
    429: "Too many requests. Wait a minute and try again.",
  };
  show({ text: said[status] || "Something went wrong on our side. Nothing was changed.", tone: "error" });
});
