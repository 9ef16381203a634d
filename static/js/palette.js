// Ctrl-K. The server renders the results as options; arrows choose one, Enter opens it.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input[name='q']");
const list = document.getElementById("palette-list");
const places = list?.innerHTML;

const options = () => [...list.querySelectorAll("[role='option']")];

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    option.id ||= `option-${options().indexOf(option)}`;
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function open() {
  if (palette.open) return;
  field.value = "";
  list.innerHTML = places;
  window.htmx?.process(list);
  choose(options()[0]);
  palette.showModal();
  field.focus();
}

function move(step) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  choose(all[(at + step + all.length) % all.length]);
}

if (palette) {
  document.addEventListener("click", (event) => event.target.closest("[data-palette-open]") && open());
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      palette.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      const chosen = list.querySelector("[role='option'][aria-selected='true']");
      if (!chosen) return;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(chosen.href, "_blank", "noopener");
      else chosen.click();
    }
  });
  field.addEventListener("input", () => {
    if (field.value.trim()) return;
    list.innerHTML = places;
    choose(options()[0]);
  });
  // nothing typed: the places stay, and the server need not be asked
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === field && !field.value.trim()) event.preventDefault();
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === list && !field.value.trim()) event.detail.shouldSwap = false;
  });
  document.body.addEventListener("htmx:afterSwap", (event) => event.detail.target === list && choose(options()[0]));
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role='option']");
    if (option && option.getAttribute("aria-selected") !== "true") choose(option);
  });
  list.addEventListener("click", (event) => event.target.closest("[role='option']") && palette.close());
}
