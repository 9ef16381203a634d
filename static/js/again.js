// A part of a page that asks for itself again when something has happened (hx-trigger="… from:body") hears nothing in the
// moment in which its answer takes its place: what happened after it had asked is asked for once more.
const heard = new Map();
const asked = new WeakMap();

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
  window.htmx.ajax("GET", address, { source: part, target: part, swap: part.getAttribute("hx-swap") || "innerHTML" });
});
