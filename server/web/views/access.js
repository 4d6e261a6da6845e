// Before anybody is signed in: making the first user, and logging in.
import * as api from "/assets/api.js";
import { element, field, form } from "/assets/dom.js";

function titled(title, lead, whole) {
  whole.prepend(element("div", {}, element("h1", { id: "entry-title" }, title), lead && element("p", { class: "muted" }, lead)));
  return element("div", { class: "entry" },
    element("div", { class: "brand" }, element("img", { src: "/assets/icon.svg", alt: "", width: 32, height: 32 }), "Latchkey"),
    element("section", { class: "card", "aria-labelledby": "entry-title" }, whole));
}

export function setUp(done) {
  const email = field("Email", { type: "email", name: "email", autocomplete: "email", required: true });
  const username = field("Username", { name: "username", autocomplete: "username", required: true, maxlength: 32,
    autocapitalize: "none", spellcheck: "false" }, "Letters, digits and single hyphens.");
  const password = field("Password", { type: "password", name: "password", autocomplete: "new-password", required: true },
    "At most 64 characters. Several unrelated words are easy to keep and hard to guess.");
  return titled("Set up Latchkey", "Make the first user. It becomes the owner, who may do everything.",
    form([email, username, password], {
      submit: "Create owner",
      known: { email, username, password },
      send: async () => {
        await api.post("/users/first", { email: email.input.value.trim(), username: username.input.value.trim(),
          password: password.input.value });
        await api.login(email.input.value.trim(), password.input.value);
        await done();
      },
    }));
}

export function enter(done, { message, password: byPassword }) {
  const email = field("Email", { type: "email", name: "email", autocomplete: "username", required: true });
  const password = field("Password", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const told = message ? [element("p", { class: "note", role: "status" }, message)] : [];
  if (!byPassword) told.push(element("p", { class: "note" }, "Logging in with a password is turned off on this server."));
  return titled("Log in", "", form([...told, email, password], {
    submit: "Log in",
    known: { email, password },
    send: async () => {
      await api.login(email.input.value.trim(), password.input.value);
      await done();
    },
  }));
}
