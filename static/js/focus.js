// A form that comes back rearranged (form[data-keeps-focus], by htmx) leaves the keyboard where it was: in the same
// control, in the first one of what was added, beside what was taken away, at what is wrong. The buttons are those of the
// studio (scoring/forms.py) and of the builder of conditions (leads/condition_controls.py): `do` says what and where.
const FIELDS = "input:not([type='hidden']), select, textarea";
let left = null;

const named = (root, pattern) => [...root.querySelectorAll("[name]")].filter((one) => pattern.test(one.name));
const press = (root, value) => root.querySelector(`button[name="do"][value="${CSS.escape(value)}"]:not([tabindex="-1"])`);

/** The head of a rule: what is pressed to open it. */
function head(root, list, place) {
  const mark = root.querySelectorAll(`[data-rule] > input[type="hidden"][name="${list}"]`)[place];
  return mark?.parentElement.querySelector("summary");
}

/** The list and the place of a rule: p0f and 3 of p0f3. */
function split(at) {
  const [, list, number] = /^(.*?)(\d+)$/.exec(at || "") || [];
  return [list, Number(number)];
}

/** The head of a rule that was moved by keys, while the keyboard was somewhere in it. */
function moved(root, action) {
  const [verb, at] = action.split(":");
  const [list, place] = split(at);
  return verb === "up" || verb === "down" ? head(root, list, verb === "up" ? place - 1 : place + 1) : null;
}

/** What whoever pressed this button wants next. */
function next(root, action) {
  const [verb, at, part] = action.split(":");
  if (verb === "add") return named(root, new RegExp(`^${at}\\d+-name$`)).at(-1);
  if (verb === "leaf") return named(root, new RegExp(`^${at}-c\\d+-field$`)).at(-1);
  if (verb === "group") return named(root, new RegExp(`^${at}-c\\d+-c0-field$`)).at(-1);
  if (verb === "unleaf") {
    const all = named(root, new RegExp(`^${at}-c\\d+(-c0)?-field$`));
    return all[Math.min(Number(part), all.length - 1)];
  }
  if (verb === "pattern") return named(root, new RegExp(`^${at}-new_name$`))[0]?.closest("details").querySelector("summary");
  const [list, place] = split(at);
  if (verb === "remove") return head(root, list, place) || head(root, list, place - 1) || press(root, `add:${list}`);
  if (verb !== "up" && verb !== "down") return null;
  const there = `${list}${verb === "up" ? place - 1 : place + 1}`;
  const again = press(root, `${verb}:${there}`);
  return again?.disabled ? press(root, `${verb === "up" ? "down" : "up"}:${there}`) : again;
}

/** The first control beside a note that says what is wrong. */
function wrong(root) {
  const note = root.querySelector(".builder-wrong");
  return note?.closest(".conditions, .field, .new-pattern, .panel-body")?.querySelector(FIELDS);
}

function same(root, { name, value, isButton }) {
  if (!name) return null;
  if (isButton) return press(root, value);
  return named(root, new RegExp(`^${name.replace(/[^\w-]/g, "\\$&")}$`))
    .find((one) => one.type !== "hidden" && (!["checkbox", "radio"].includes(one.type) || one.value === value));
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = detail.requestConfig.elt.closest?.("form[data-keeps-focus]");
  const at = document.activeElement;
  if (!detail.shouldSwap || !form?.contains(detail.target) || !form.contains(at)) return;
  const isButton = at.matches("button");
  left = { form, name: at.name, value: at.value, isButton, head: null, typed: null };
  if (at.matches("summary")) {
    const mark = at.closest("[data-rule]")?.querySelector(":scope > input[type='hidden']");
    if (mark) left.head = [mark.name, [...form.querySelectorAll(`[data-rule] > input[name="${mark.name}"]`)].indexOf(mark)];
  }
  // what was typed there while the answer was on its way
  const sent = detail.requestConfig.formData?.get(at.name);
  if (at.matches("input:not([type='checkbox'], [type='radio']), textarea") && sent !== at.value) left.typed = at.value;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!left?.form.isConnected) return;
  const { form } = left;
  const action = detail.requestConfig.formData?.get("do") || "";
  const place = (detail.xhr.status >= 400 && (wrong(form) || form.querySelector("[role='alert']")))
    || (left.isButton ? next(form, action) : moved(form, action))
    || (left.head && head(form, ...left.head))
    || same(form, left)
    || form.querySelector("h2");
  const { typed } = left;
  left = null;
  if (!place) return;
  for (let box = place.closest("details"); box; box = box.parentElement.closest("details")) {
    if (!box.querySelector(":scope > summary").contains(place)) box.open = true;
  }
  if (!place.matches(`${FIELDS}, button, summary, a[href]`)) place.tabIndex = -1;
  place.focus();
  if (typed !== null && place.value !== undefined && !place.matches("button, select")) place.value = typed;
});
