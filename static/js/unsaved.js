// What is typed into a form with [data-unsaved-guard] and not saved is not lost by a slip: the browser asks before it
// leaves the page. The server says with [data-unsaved] that what it sent back is not saved. Leaving is meant where the
// form itself was saved, and where a form with [data-lets-go] is sent (it throws the draft away).
let isTyped = false;
let isLeaving = false;

const guarded = () => document.querySelector("form[data-unsaved-guard]");

document.addEventListener("input", (event) => {
  if (event.target.form && event.target.form === guarded()) isTyped = true;
});
document.addEventListener("submit", (event) => {
  // without htmx the form itself leaves by being saved
  isLeaving = event.target.matches("[data-lets-go]") || (event.target === guarded() && !window.htmx);
});
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.elt.closest("form") === guarded()) isLeaving = Boolean(detail.xhr.getResponseHeader("HX-Redirect"));
});
window.addEventListener("beforeunload", (event) => {
  if (!isLeaving && guarded() && (isTyped || guarded().querySelector("[data-unsaved]"))) event.preventDefault();
});
