// The board: cards are moved by hand (Sortable) or by keyboard; each move is one POST with the card's version.
// [data-board data-move-url=".../0/..." data-sortable="url of the module"]
//   [data-stage="ID"] (data-kind="won|lost" data-dialog-url=".../0/...") > [data-cards] > [data-card="ID" data-version="N"]
const board = () => document.querySelector("[data-board]");
const stageOf = (card) => card.closest("[data-stage]");
const cardsOf = (stage) => stage.querySelector("[data-cards]");
const fill = (pattern, id) => pattern.replace("/0/", `/${id}/`);

let held = false;

function announce(text) {
  const ear = document.querySelector("[data-board-says]");
  if (ear) ear.textContent = text;
}

function said(card, stage) {
  const among = [...cardsOf(stage).querySelectorAll("[data-card]")];
  const band = stage.closest("[data-band]")?.dataset.name;
  const where = (band ? `${band}, ` : "") + (stage.dataset.name || stage.querySelector(".lane-name")?.textContent.trim() || "column");
  return `${card.dataset.name || "Card"}: ${where}, position ${among.indexOf(card) + 1} of ${among.length}.`;
}

function toast(text, tone) {
  document.body.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));
}

// Where a card stood, so that it can be put back.
const spot = (card) => ({ parent: card.parentElement, next: card.nextElementSibling });
const restore = (card, { parent, next }) => parent.insertBefore(card, next);

async function move(card, from) {
  const stage = stageOf(card);
  const id = card.dataset.card;
  if (stage.dataset.dialogUrl && stage !== from.parent.closest("[data-stage]")) {
    // winning and losing ask for something first; the card goes back until it is answered
    restore(card, from);
    await window.htmx.ajax("GET", fill(stage.dataset.dialogUrl, id), { target: "#dialog", swap: "innerHTML" }).catch(() => {});
    return;
  }
  const before = card.previousElementSibling?.closest("[data-card]");
  const values = { stage: stage.dataset.stage, after: before?.dataset.card ?? "", version: card.dataset.version };
  const band = stage.closest("[data-band]");
  // another band means another owner, month, category or priority
  if (band && band !== from.parent.closest("[data-band]")) {
    values.bands = board().dataset.bands;
    values.band = band.dataset.band;
  }
  card.classList.add("is-saving");
  announce(said(card, stage));
  // one move after the other: htmx lets an element ask one thing at a time
  line = line.then(() => send(card, id, values, from));
  await line;
}

let line = Promise.resolve();

async function send(card, id, values, from) {
  // an earlier answer may have drawn the card anew
  const drawn = document.querySelector(`[data-card="${CSS.escape(id)}"]`);
  if (drawn) values.version = drawn.dataset.version;
  let status = 0;
  const listen = (event) => {
    if (event.detail.requestConfig?.path === url) status = event.detail.xhr?.status ?? 0;
  };
  const url = fill(board().dataset.moveUrl, id);
  document.body.addEventListener("htmx:afterRequest", listen);
  try {
    await window.htmx.ajax("POST", url, {
      source: board(),
      event: new CustomEvent("move"),
      swap: "none",
      values,
    });
  } catch {
    // htmx has told the reader; the card goes back below
  } finally {
    document.body.removeEventListener("htmx:afterRequest", listen);
    card.classList.remove("is-saving");
  }
  if (status === 409) {
    announce("Somebody else moved it. The column was refreshed.");
    toast("Somebody else moved this card. You see the newest state.", "warning");
  } else if (status < 200 || status >= 300) {
    if (card.isConnected && from.parent.isConnected) restore(card, from);
    announce("Not moved.");
    if (!status) toast("The server didn't answer. Nothing was changed; the card is back where it was.", "error");
  }
  document.querySelector(`[data-card="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

// --- by hand ---
async function attach() {
  const place = board();
  if (!place?.dataset.sortable || place.dataset.readonly !== undefined) return;
  const { default: Sortable } = await import(place.dataset.sortable);
  for (const cards of place.querySelectorAll("[data-cards]")) {
    if (Sortable.get(cards)) continue;
    let from = null;
    Sortable.create(cards, {
      group: "cards",
      sort: place.dataset.sorted === undefined,
      draggable: "[data-card]",
      filter: "button, input, select, .menu",
      preventOnFilter: false,
      animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      delay: 180,
      delayOnTouchOnly: true,
      touchStartThreshold: 6,
      ghostClass: "is-ghost",
      dragClass: "is-held",
      scrollSensitivity: 80,
      forceAutoScrollFallback: true, // browsers by themselves scroll bands hardly, and only at their very edge
      onStart({ item }) {
        held = true;
        from = spot(item);
      },
      onMove({ to }) {
        for (const lane of place.querySelectorAll(".is-target")) lane.classList.remove("is-target");
        to.closest("[data-stage]").classList.add("is-target");
      },
      onEnd({ item, from: source, to, oldIndex, newIndex }) {
        held = false;
        for (const lane of place.querySelectorAll(".is-target")) lane.classList.remove("is-target");
        if (source !== to || oldIndex !== newIndex) move(item, from);
      },
    });
  }
}

// --- by keyboard ---
document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-board] [data-card]");
  if (!card || event.target !== card || card.classList.contains("is-saving") || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter") {
    card.querySelector("a[href]")?.click();
    return;
  }
  const stages = [...(card.closest("[data-band]") ?? board()).querySelectorAll("[data-stage]")];
  const at = stages.indexOf(stageOf(card));
  const change = event.altKey
    ? { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    : { "[": -1, "]": 1 }[event.key];
  if (!event.altKey && event.key.startsWith("Arrow")) {
    event.preventDefault();
    look(card, stages, at, event.key);
    return;
  }
  if (board().dataset.readonly !== undefined) return;
  const from = spot(card);
  const across = event.altKey && event.shiftKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : 0;
  if (across) {
    event.preventDefault();
    const bands = [...board().querySelectorAll("[data-band]")];
    const band = bands[bands.indexOf(card.closest("[data-band]")) + across];
    if (!band || !card.closest("[data-band]")) return;
    cardsOf(band.querySelectorAll("[data-stage]")[at]).prepend(card);
    move(card, from);
  } else if (change) {
    event.preventDefault();
    const stage = stages[at + change];
    if (!stage) return;
    cardsOf(stage).prepend(card);
    move(card, from);
  } else if (board().dataset.sorted !== undefined) {
    return; // by value or day: no place to choose
  } else if (event.altKey && event.key === "ArrowUp" && card.previousElementSibling?.matches("[data-card]")) {
    event.preventDefault();
    card.previousElementSibling.before(card);
    move(card, from);
  } else if (event.altKey && event.key === "ArrowDown" && card.nextElementSibling?.matches("[data-card]")) {
    event.preventDefault();
    card.nextElementSibling.after(card);
    move(card, from);
  }
});

// Arrows alone walk from card to card.
function look(card, stages, at, key) {
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = key === "ArrowUp" ? card.previousElementSibling : card.nextElementSibling;
    next?.matches("[data-card]") && next.focus();
    return;
  }
  const step = key === "ArrowLeft" ? -1 : 1;
  for (let index = at + step; stages[index]; index += step) {
    const first = stages[index].querySelector("[data-card]");
    if (first) return void first.focus();
  }
}

// Fresh columns from the server (a move, or somebody else's) are made draggable again; never under a held card.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (held && event.detail.elt.matches?.("[data-board-poll]")) event.preventDefault();
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (held && event.detail.requestConfig?.elt?.matches?.("[data-board-poll]")) event.detail.shouldSwap = false;
});
document.body.addEventListener("htmx:afterSettle", attach);
document.body.addEventListener("htmx:oobAfterSwap", attach);
attach();
