// [data-copy="#id"] takes the text of that element to the clipboard, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  if (!source) return;
  let text = "Copied.";
  let tone = "success";
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(range);
    [text, tone] = ["Press Ctrl-C to copy the selected text.", "info"];
  }
  button.dispatchEvent(new CustomEvent("toast", { bubbles: true, detail: { text, tone } }));
});
