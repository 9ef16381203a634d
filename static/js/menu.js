// Menus made of <details data-menu>: one open at a time, arrows move, Esc and a press elsewhere close. The drawer too.
const shell = document.getElementById("shell");
const items = (menu) => [...menu.querySelectorAll(".menu-body :is(a[href], button):not([disabled])")];

function close(menu, focus = false) {
  menu.open = false;
  if (focus) menu.querySelector("summary").focus();
}

document.addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) close(menu);
  }
});

document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details[data-menu]") || !event.target.open) return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== event.target) close(menu);
}, true);

document.addEventListener("click", (event) => {
  const item = event.target.closest("details[data-menu] .menu-item");
  if (item && !item.matches("[data-theme-set]")) close(item.closest("details"));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (event.key === "Escape") {
    if (menu) close(menu, true);
    else if (shell?.dataset.drawer) drawer(false);
    return;
  }
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (event.target.matches("input, textarea, select")) return;
  event.preventDefault();
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? all.length - 1 : at - 1, Home: 0, End: all.length - 1 }[event.key];
  all[(next + all.length) % all.length]?.focus();
});

function drawer(open) {
  if (open) shell.dataset.drawer = "open";
  else delete shell.dataset.drawer;
  const button = document.querySelector("[data-drawer-open]");
  button?.setAttribute("aria-expanded", String(open));
  (open ? shell.querySelector(".side a") : button)?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-drawer-open]")) drawer(!shell.dataset.drawer);
  else if (event.target.closest("[data-drawer-close]")) drawer(false);
  else if (shell?.dataset.drawer && event.target.closest(".side [data-palette-open], .side [data-help-open]")) drawer(false);
});
