// Cards of the board are chosen (box, Shift-click for a range, Ctrl-click, the key x; on a phone with [data-choose-mode])
// and changed together by the form #bulk-form. What others change meanwhile leaves the choice as it is.
const chosen = new Map(); // id -> the version that the reader has seen
let last = null;
let mode = false;

const board = () => document.querySelector("[data-board]:not([data-readonly])");
const bar = () => document.getElementById("bulk-form");
const cards = (place) => [...place.querySelectorAll("[data-card]")];

function draw() {
  const place = board();
  if (!place || !bar()) return;
  for (const card of cards(place)) {
    const { card: id, version, name } = card.dataset;
    if (chosen.has(id)) chosen.set(id, version);
    let box = card.querySelector(".deal-check");
    if (!box) {
      box = Object.assign(document.createElement("input"), { type: "checkbox", className: "check deal-check", tabIndex: -1 });
      box.setAttribute("aria-label", `Select ${name}`);
      card.prepend(box);
    }
    box.checked = chosen.has(id);
    card.classList.toggle("is-chosen", box.checked);
  }
  place.classList.toggle("is-choosing", mode || chosen.size > 0);
  for (const button of document.querySelectorAll("[data-choose-mode]")) button.setAttribute("aria-pressed", mode);
  const ids = [...chosen].map(([id, version]) =>
    Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: `${id}.${version}` }));
  bar().querySelector("[data-bulk-ids]").replaceChildren(...ids);
  bar().querySelector("[data-bulk-count]").textContent = chosen.size;
  bar().hidden = chosen.size === 0;
}

function choose(card, to = !chosen.has(card.dataset.card)) {
  if (to) chosen.set(card.dataset.card, card.dataset.version);
  else chosen.delete(card.dataset.card);
  last = card.dataset.card;
}

// from the last chosen one to this, where both stand in the same column
function range(card) {
  const among = cards(card.closest("[data-cards]"));
  const from = among.findIndex((one) => one.dataset.card === last);
  const to = among.indexOf(card);
  if (from < 0) return choose(card, true);
  for (const one of among.slice(Math.min(from, to), Math.max(from, to) + 1)) choose(one, true);
}

function clear() {
  chosen.clear();
  last = null;
  draw();
}

// before the link of the card hears of it
document.addEventListener("click", (event) => {
  const card = event.target.closest("[data-board]:not([data-readonly]) [data-card]");
  if (!card || !bar()) return;
  const box = event.target.closest(".deal-check");
  if (!box && !event.shiftKey && !event.ctrlKey && !event.metaKey && !mode) return;
  if (!box) event.preventDefault();
  event.stopPropagation();
  if (event.shiftKey) range(card);
  else choose(card);
  if (event.shiftKey) window.getSelection().removeAllRanges();
  draw();
}, true);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-choose-mode]")) {
    mode = !mode;
    draw();
  } else if (board() && event.target.closest("#bulk-form [data-select-none]")) {
    mode = false;
    clear();
  }
});

document.addEventListener("keydown", (event) => {
  if (!board() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const card = event.target.closest("[data-card]");
  if (card && event.target === card && event.key.toLowerCase() === "x") {
    if (event.shiftKey) range(card);
    else choose(card);
    draw();
  } else if (event.key === "Escape" && chosen.size && !event.target.matches("input[type=search], select")) {
    clear();
  }
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== bar() || !board() || !event.detail.successful) return;
  bar().reset();
  mode = false;
  clear();
});
document.body.addEventListener("htmx:afterSettle", draw);
document.body.addEventListener("htmx:oobAfterSwap", draw);
draw();
