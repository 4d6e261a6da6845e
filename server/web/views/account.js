// One's own account, and changing the password.
import * as api from "/assets/api.js";
import { element, field, form, heading } from "/assets/dom.js";
import { dateTime } from "/assets/format.js";

export async function showAccount(place, me) {
  const old = field("Current password", { type: "password", autocomplete: "current-password", required: true });
  const fresh = field("New password", { type: "password", autocomplete: "new-password", required: true },
    "At most 64 characters. Several unrelated words are easy to keep and hard to guess.");
  const again = field("New password again", { type: "password", autocomplete: "new-password", required: true });
  const change = form([element("h2", {}, "Change password"),
    element("p", { class: "note" }, "This ends all your sessions and deletes all your tokens. You log in again afterwards."), old, fresh, again], {
    submit: "Change password",
    known: { old_password: old, password: fresh, again },
    send: async () => {
      if (fresh.input.value !== again.input.value) {
        throw new api.ApiError(0, { message: "The new passwords differ.", validations: [{ field: "again", detail: "Type the same password as above." }] });
      }
      await api.put("/users/me/password", { old_password: old.input.value, password: fresh.input.value });
      location.hash = "";
      await api.get("/users/me").catch(() => {}); // the session is gone: this leads back to the login
    },
  });
  const line = (name, value) => element("div", {}, element("dt", { class: "muted small" }, name), element("dd", { class: "plain" }, value));
  const roles = me.roles.map((role) => role.display_name || role.name).join(", ") || "Member";
  place.replaceChildren(heading("Account", "Who you are to this server."), element("div", { class: "columns" },
    element("section", { class: "card panel" }, element("dl", { class: "stack facts" }, line("Username", me.username), line("Email", me.email || "none"),
      line("Roles", roles), line("Member since", dateTime(me.created_at)))),
    element("section", { class: "card panel" }, change)));
}
