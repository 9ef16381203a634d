// A part of a page that asks for itself again when something has happened (hx-trigger="… from:body") hears nothing in the
// moment in which its answer takes its place: what happened after it had asked is asked for once more. Whoever was in it
// with the keyboard stays where they were, or begins it anew.
const heard = new Map();
const asked = new WeakMap();
let left = null;

function names(part) {
  const triggers = (part.getAttribute?.("hx-trigger") || "").split(",").filter((one) => one.includes("from:body"));
  return triggers.map((one) => one.trim().split(/[\s[]/)[0]);
}

function listen() {
  for (const name of [...document.querySelectorAll("[hx-trigger*='from:body']")].flatMap(names)) {
    if (heard.has(name)) continue;
    heard.set(name, 0);
    document.body.addEventListener(name, (event) => heard.set(name, event.timeStamp));
  }
}

listen();
document.body.addEventListener("htmx:beforeSend", (event) => asked.set(event.detail.xhr, performance.now()));
document.body.addEventListener("htmx:afterSettle", (event) => {
  listen();
  const part = event.target, address = part.getAttribute("hx-get"), since = asked.get(event.detail.xhr);
  if (!address || !since || !names(part).some((name) => heard.get(name) > since)) return;
  const swap = part.getAttribute("hx-swap") || "innerHTML";
  window.htmx.ajax("GET", address, { source: part, target: part, swap }).catch(() => {}); // a later one took its place
});

/** Where the focus is, in words that find the same place in what comes instead. */
function place(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const name = element.matches("a[href]") ? "href" : "action";
  const address = (name === "href" ? element : element.form)?.getAttribute(name);
  return address ? `[${name}="${CSS.escape(address)}"]${name === "href" ? "" : " button"}` : "a[href]";
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target, focused = document.activeElement;
  if (event.detail.shouldSwap && names(part).length && part.contains(focused)) left = { id: part.id, where: place(focused) };
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  const part = event.target;
  if (!left || part.id !== left.id) return; // several parts may come at once: each minds its own
  const { where } = left;
  left = null;
  if (document.activeElement !== document.body || !part.isConnected) return;
  (part.querySelector(where) || part.querySelector("a[href]") || document.getElementById("content"))?.focus({ preventScroll: true });
});
