// Makes a token: what it is called, may do and how long it lives; then shows its secret, once.
import * as api from "/assets/api.js";
import { show } from "/assets/dialogs.js";
import { button, element, field, form, notice } from "/assets/dom.js";
import { days, duration, fromNanoseconds, hours, toNanoseconds } from "/assets/format.js";
import { explain, grouped } from "/assets/scopes.js";

const lengths = [["7 days", days(7)], ["30 days", days(30)], ["90 days", days(90)]];

function pill(name, value, text, attributes = {}) {
  const input = element("input", { type: "radio", name, value, ...attributes });
  return element("label", {}, input, element("span", {}, text));
}

// {whole, value() in ms, custom: field}
function lifetimePicker(most) {
  const fits = lengths.filter(([, length]) => length <= most);
  const start = fits.find(([text]) => text === "30 days") || fits.at(-1);
  const pills = lengths.map(([text, length]) => pill("lifetime", String(length), text,
    { disabled: length > most, checked: start?.[1] === length }));
  pills.push(pill("lifetime", "custom", "Custom", { checked: !start }));
  const count = field("Length", { type: "number", min: 1, step: 1, value: "1", inputmode: "numeric" });
  const unit = field("Unit", { kind: "select", options: [["hours", "hours"], ["days", "days"]], value: "days" });
  const custom = element("div", { class: "row", hidden: Boolean(start) }, count, unit);
  const whole = element("fieldset", {}, element("legend", {}, "Lifetime"), element("div", { class: "pills" }, pills), custom,
    element("span", { class: "hint" }, `The longest you may choose is ${duration(most)}.`));
  const chosen = () => whole.querySelector("input[name=lifetime]:checked").value;
  whole.addEventListener("change", () => { custom.hidden = chosen() !== "custom"; });
  const value = () => {
    if (chosen() !== "custom") return Number(chosen());
    const amount = Number(count.input.value);
    if (!Number.isInteger(amount) || amount < 1) throw new api.ApiError(0, { message: "Choose a lifetime.", detail: "It is a whole number of hours or days, at least one." });
    const length = unit.input.value === "hours" ? hours(amount) : days(amount);
    if (length > most) throw new api.ApiError(0, { message: "That is too long.", detail: `The longest you may choose is ${duration(most)}.` });
    return length;
  };
  return { whole, value };
}

function scopePicker(names) {
  const box = (scope) => element("label", { class: "choice" }, element("input", { type: "checkbox", name: "scope", value: scope }),
    element("span", {}, explain(scope), element("span", { class: "sub mono" }, scope)));
  const list = element("div", { class: "scopes", hidden: true, tabindex: "0", role: "group", "aria-label": "Scopes" },
    grouped(names).map(([title, scopes]) => [element("h3", {}, title), ...scopes.map(box)]));
  const whole = element("fieldset", {}, element("legend", {}, "What it may do"), element("div", { class: "pills" },
    pill("reach", "all", "Everything I may do", { checked: true }), pill("reach", "some", "Only what I choose")), list);
  const someOnly = () => whole.querySelector("input[name=reach]:checked").value === "some";
  whole.addEventListener("change", () => { list.hidden = !someOnly(); });
  const value = () => {
    if (!someOnly()) return ["coder:all"];
    const chosen = [...whole.querySelectorAll("input[name=scope]:checked")].map((input) => input.value);
    if (chosen.length === 0) throw new api.ApiError(0, { message: "Choose at least one scope.", detail: "A token without scopes could do nothing." });
    return chosen;
  };
  return { whole, value };
}

async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not over plain http: the old way, then
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
    getSelection().removeAllRanges();
  }
  notice("Copied.");
}

function copyable(label, text, id, copies) {
  const shown = element("pre", { id, tabindex: "0", "aria-label": label }, text);
  return element("div", {}, element("span", { class: "label" }, label), element("div", { class: "secret" }, shown,
    button("Copy", () => copy(text, shown), { id: `copy-${id}`, "aria-label": copies, autofocus: id === "secret" })));
}

function showSecret(token, name) {
  return show("Your new token", (close) => [
    element("p", { class: "note" }, "This is the only time it is shown: only a hash of it is kept. Copy it to where it will be used."),
    copyable(name ? `Token “${name}”` : "Token", token, "secret", "Copy token"),
    copyable("Try it", `curl -i ${location.origin}/verify -H "Authorization: Bearer ${token}"`, "curl", "Copy curl line"),
    element("div", { class: "buttons" }, button("I have copied it", () => close(), { class: "primary", id: "secret-done" })),
  ], { keep: true });
}

// True when a token was made.
export async function createToken(me) {
  const [scopes, limits] = await Promise.all([api.get("/auth/scopes"), api.get("/users/me/keys/tokens/tokenconfig")]);
  const name = field("Name", { name: "token_name", autocomplete: "off", required: true, placeholder: "deploy-script" }, "So that you know it again. It is not secret.");
  const reach = scopePicker(scopes.external);
  const lifetime = lifetimePicker(fromNanoseconds(limits.max_token_lifetime));
  const allowed = field("Allowed objects", { kind: "textarea", name: "allow_list", spellcheck: "false", placeholder: "user:*" },
    "One type:id a line, such as user:* or workspace:<uuid>. Leave it empty for all objects.");
  let token = "";
  await show("Create a token", (close) => form([name, lifetime.whole, reach.whole,
    element("details", {}, element("summary", {}, "Restrict it to single objects"), allowed)], {
    submit: "Create token",
    extra: button("Cancel", () => close()),
    known: { name, allow_list: allowed },
    send: async () => {
      const body = { token_name: name.input.value.trim(), lifetime: toNanoseconds(lifetime.value()), scopes: reach.value() };
      const list = allowed.input.value.split(/\s+/).filter(Boolean);
      if (list.length) body.allow_list = list;
      token = (await api.post(`/users/${me.id}/keys/tokens`, body)).key;
      close();
    },
  }));
  if (!token) return false;
  await showSecret(token, name.input.value.trim());
  token = "";
  return true;
}
