// A demo login: one press fills the form and sends it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const form = document.querySelector(button.dataset.fill);
  form.elements.login.value = button.dataset.login;
  form.elements.password.value = button.dataset.password;
  form.requestSubmit();
});
