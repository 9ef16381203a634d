// A dashboard that is being arranged: drag a tile by its handle (mouse or finger), or move the one in focus with Alt and
// the arrows. The address follows, and with it what is saved. Without this script the links do the same.
// [data-tiles="address with tiles=order" data-sortable="url of the module"] > [data-tile="key"] [data-handle]
// [data-tiles-said hx-sync="this:replace"] outside of it: tiles that load shall not wait for each other
const list = document.querySelector("[data-tiles]");
const tiles = () => [...list.querySelectorAll("[data-tile]")];

function follow(tile) {
  const order = tiles();
  window.dispatchEvent(new Event("scroll")); // htmx looks whether a tile that waited is in sight now
  const ear = document.querySelector("[data-tiles-said]");
  const name = tile.getAttribute("aria-label");
  ear.textContent = `${name}: place ${order.indexOf(tile) + 1} of ${order.length}.`;
  const address = list.dataset.tiles.replace("tiles=order", `tiles=${order.map((one) => one.dataset.tile).join(".")}`);
  // where it speaks from waits for one answer: of two orders the later one counts
  window.htmx.ajax("GET", address, { source: ear, swap: "none" }).catch(() => {});
}

async function begin() {
  const { default: Sortable } = await import(list.dataset.sortable);
  let before = "";
  const order = () => tiles().map((one) => one.dataset.tile).join();
  Sortable.create(list, {
    handle: "[data-handle]",
    draggable: "[data-tile]",
    animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180,
    delayOnTouchOnly: true,
    touchStartThreshold: 6,
    ghostClass: "is-ghost",
    dragClass: "is-held",
    scrollSensitivity: 80,
    onStart() {
      before = order();
    },
    onEnd({ item }) {
      if (order() !== before) follow(item);
    },
  });
  list.dataset.ready = "yes";
}

const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-tiles] [data-handle]");
  const step = event.altKey ? STEPS[event.key] : undefined;
  if (!handle || !step) return;
  event.preventDefault();
  const tile = handle.closest("[data-tile]");
  const other = step < 0 ? tile.previousElementSibling : tile.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(tile);
  else other.after(tile);
  handle.focus();
  tile.scrollIntoView({ block: "nearest" });
  follow(tile);
});

if (list) begin();
