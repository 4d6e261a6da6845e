// For owners and user admins: who there is, and what may be done about them.
import * as api from "/assets/api.js";
import { confirm, show } from "/assets/dialogs.js";
import { button, element, field, form, heading, notice, table } from "/assets/dom.js";
import { ago, dateTime, never, number, sentence } from "/assets/format.js";

const pageSize = 50;

const roles = [
  ["owner", "Owner", "May do everything, also with other people's tokens"],
  ["user-admin", "User admin", "Creates, suspends and deletes users"],
  ["auditor", "Auditor", "Reads the audit log and the activity"],
  ["template-admin", "Template admin", "Sees all users; for services that know templates"],
];

function rolePicker(held) {
  const whole = element("fieldset", {}, element("legend", {}, "Roles"), roles.map(([name, title, text]) => element("label", { class: "choice" },
    element("input", { type: "checkbox", name: "role", value: name, checked: held.includes(name) }),
    element("span", {}, element("b", {}, title), element("span", { class: "sub" }, text)))));
  whole.chosen = () => [...whole.querySelectorAll("input:checked")].map((input) => input.value);
  return whole;
}

function create(mayAssign) {
  const email = field("Email", { type: "email", autocomplete: "off", required: true });
  const username = field("Username", { autocomplete: "off", required: true, maxlength: 32, autocapitalize: "none", spellcheck: "false" },
    "Letters, digits and single hyphens.");
  const password = field("First password", { type: "password", autocomplete: "new-password", required: true },
    "Tell it to them in a safe way. They can change it under Account.");
  const picked = rolePicker([]);
  return show("Create a user", (close) => form([email, username, password, mayAssign ? picked : null].filter(Boolean), {
    submit: "Create user",
    extra: button("Cancel", () => close()),
    known: { email, username, password },
    send: async () => {
      const body = { email: email.input.value.trim(), username: username.input.value.trim(), password: password.input.value, login_type: "password" };
      const chosen = picked.chosen();
      if (chosen.length) body.roles = chosen;
      await api.post("/users", body);
      close(body.username);
    },
  }));
}

function changeRoles(user) {
  const picked = rolePicker(user.roles.map((role) => role.name));
  return show(`Roles of ${user.username}`, (close) => form([picked], {
    submit: "Save roles",
    extra: button("Cancel", () => close()),
    send: async () => {
      await api.put(`/users/${user.id}/roles`, { roles: picked.chosen() });
      close(true);
    },
  }), { narrow: true });
}

function setPassword(user) {
  const password = field("New password", { type: "password", autocomplete: "new-password", required: true });
  return show(`New password for ${user.username}`, (close) => form([
    element("p", { class: "note" }, "This ends all their sessions and deletes all their tokens."), password], {
    submit: "Set password",
    extra: button("Cancel", () => close()),
    known: { password },
    send: async () => {
      await api.put(`/users/${user.id}/password`, { old_password: "", password: password.input.value });
      close(true);
    },
  }), { narrow: true });
}

export async function showUsers(place, me) {
  let query = "";

  function actionsOf(user) {
    if (user.id === me.id) return element("span", { class: "muted small" }, "This is you");
    const act = (text, run, said, look = "") => button(text, async () => {
      if (await run()) { notice(said); await draw(); }
    }, { class: `quiet ${look}`, "aria-label": `${text} ${user.username}` });
    const isOwner = user.roles.some((role) => role.name === "owner");
    const made = [];
    if (me.may.assignRoles) made.push(act("Roles", () => changeRoles(user), `The roles of ${user.username} were saved.`));
    if (me.may.updateUsers) {
      made.push(act("Password", () => setPassword(user), `${user.username} has a new password.`));
      if (user.status === "suspended") {
        made.push(act("Activate", async () => { await api.put(`/users/${user.id}/status/activate`); return true; }, `${user.username} is active again.`));
      } else if (!isOwner) {
        made.push(act("Suspend", () => confirm(`Suspend ${user.username}?`,
          "They cannot log in, and every token of theirs is refused, until they are activated again.", "Suspend user",
          () => api.put(`/users/${user.id}/status/suspend`)), `${user.username} is suspended.`));
      }
    }
    if (me.may.deleteUsers) {
      made.push(act("Delete", () => confirm(`Delete ${user.username}?`,
        "Their tokens stop working at once, for good. What they did stays in the audit log.", "Delete user",
        () => api.remove(`/users/${user.id}`)), `${user.username} was deleted.`, "danger"));
    }
    return made;
  }

  async function draw() {
    const rows = table("Users", ["User", "Email", "Roles", "Last seen", "State", ""]);
    const more = element("div", { class: "more", hidden: true });
    let offset = 0;
    const load = async () => {
      const page = await api.get(`/users?${new URLSearchParams({ q: query, limit: String(pageSize), offset: String(offset) })}`);
      offset += page.users.length;
      for (const user of page.users) {
        rows.add([element("span", { class: "name" }, user.username), user.name ? element("span", { class: "sub" }, user.name) : null].filter(Boolean),
          user.email || element("span", { class: "muted" }, "none"),
          user.roles.length ? user.roles.map((role) => element("span", { class: "tag" }, role.display_name || role.name)) : element("span", { class: "muted" }, "Member"),
          never(user.last_seen_at) ? element("span", { class: "muted" }, "Never") : element("span", { title: dateTime(user.last_seen_at) }, sentence(ago(user.last_seen_at))),
          element("span", { class: user.status === "suspended" ? "state bad" : "state" }, user.status === "suspended" ? "Suspended" : "Active"),
          actionsOf(user));
      }
      more.hidden = page.users.length < pageSize;
      return page;
    };
    more.append(button("Show more", load));
    const page = await load();

    const search = field("Search", { type: "search", value: query, placeholder: "Part of a name or email", id: "user-search" });
    const filters = element("form", { class: "filters", method: "post", role: "search" }, search,
      element("div", { class: "buttons" }, element("button", { type: "submit" }, "Search")));
    filters.addEventListener("submit", (event) => { event.preventDefault(); query = search.input.value.trim(); draw(); });
    const list = element("div", { class: "card" }, filters, ...(page.users.length ? [rows, more]
      : [element("div", { class: "empty" }, element("h2", {}, "Nobody found"), element("p", {}, "No user's name or email contains that."))]));
    place.replaceChildren(heading("Users", `${number(page.count)} ${page.count === 1 ? "person or service" : "people and services"} that can have tokens.`,
      me.may.createUsers && button("Create user", async () => {
        const made = await create(me.may.assignRoles);
        if (made) { notice(`${made} was created.`); await draw(); }
      }, { class: "primary", id: "create-user" })), list);
  }
  await draw();
}
