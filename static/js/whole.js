// What a narrow place cuts short: text says itself whole to whoever points at it, wide tables scroll by the keyboard.
document.addEventListener("pointerover", ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  if ("whole" in target.dataset) target.removeAttribute("title"); // ours: the text or the place may have changed
  if (target.closest("[title]") || target.scrollWidth <= target.clientWidth) return;
  if (getComputedStyle(target).textOverflow !== "ellipsis") return;
  target.dataset.whole = "";
  target.title = target.textContent.trim();
});

const seen = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (!target.isConnected) seen.unobserve(target);
    else if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else if (target !== document.activeElement) target.removeAttribute("tabindex");
  }
});

document.addEventListener("htmx:load", ({ detail }) => {
  const wide = ".sheet-scroll, .sheet-wide";
  for (const place of [...(detail.elt.matches(wide) ? [detail.elt] : []), ...detail.elt.querySelectorAll(wide)]) {
    seen.observe(place); // tells of it at once, and whenever the window makes it narrower
  }
});
