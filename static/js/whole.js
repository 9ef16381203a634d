// What a narrow place cuts short: text says itself whole to whoever points at it, wide tables scroll by the keyboard.
document.addEventListener("pointerover", ({ target }) => {
  if (!(target instanceof HTMLElement) || target.closest("[title]") || target.scrollWidth <= target.clientWidth) return;
  if (getComputedStyle(target).textOverflow === "ellipsis") target.title = target.textContent.trim();
});

document.addEventListener("htmx:load", ({ detail }) => {
  for (const place of detail.elt.querySelectorAll(".sheet-scroll, .sheet-wide")) {
    if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
  }
});
