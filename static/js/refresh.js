// A control that decides what others offer ([data-refresh]): when it changes, the form sends itself with the button
// [data-refresh-button] inside it and comes back rearranged. Without this script that button's neighbours do the same.
document.addEventListener("change", (event) => {
  const control = event.target.closest?.("[data-refresh]");
  const button = control?.form?.querySelector("[data-refresh-button]");
  if (button) button.click();
});
