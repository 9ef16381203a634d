// What is new is shown on the desktop too, while another tab is in front, where the person has asked for it:
// the box [data-ask-notices] in Settings → Notifications asks the browser.
document.addEventListener("change", async (event) => {
  const box = event.target.closest?.("[data-ask-notices]");
  if (!box || !box.checked) return;
  if (!("Notification" in window) || (await Notification.requestPermission()) !== "granted") {
    box.checked = false;
    const text = "This browser does not allow it. Its settings for this page can change that.";
    document.body.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "error" } }));
  }
});

document.body.addEventListener("notice", (event) => {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const { text, url } = event.detail;
  const shown = new Notification("Winnow", { body: text, tag: url });
  shown.addEventListener("click", () => {
    window.focus();
    if (url.startsWith("/")) location.assign(url);
  });
});
