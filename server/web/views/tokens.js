// Lists of tokens: one's own, or for owners everybody's.
import * as api from "/assets/api.js";
import { confirm } from "/assets/dialogs.js";
import { button, element, heading, notice, table } from "/assets/dom.js";
import { ago, dateTime, duration, never, sentence } from "/assets/format.js";
import { createToken } from "/assets/views/create_token.js";

const pageSize = 100;
const soon = 7 * 24 * 3600 * 1000;

function life(token) {
  const begun = new Date(token.created_at).getTime();
  const ends = new Date(token.expires_at).getTime();
  return { whole: ends - begun, left: Math.max(0, ends - Date.now()) };
}

function state(token) {
  const { whole, left } = life(token);
  if (left === 0) return ["Expired", "off"];
  if (left < Math.min(soon, whole / 4)) return ["Ends soon", "warn"];
  return ["Active", ""];
}

function expiry(token) {
  const { whole, left } = life(token);
  const text = left === 0 ? `Ended ${ago(token.expires_at)}` : sentence(ago(token.expires_at));
  const parts = [element("span", { title: dateTime(token.expires_at) }, text)];
  if (left > 0) {
    const share = whole > 0 ? left / whole : 0;
    parts.push(element("meter", { class: "life", min: 0, max: 1, low: 0.25, optimum: 1, value: share.toFixed(3),
      "aria-label": `${Math.round(share * 100)} % of ${duration(whole)} left`, title: `${Math.round(share * 100)} % of ${duration(whole)} left` }));
  }
  return parts;
}

function scopesOf(token) {
  const shown = token.scopes.slice(0, 4).map((scope) => element("span", { class: "tag mono" }, scope));
  const more = token.scopes.length - shown.length;
  if (more > 0) shown.push(element("span", { class: "tag", title: token.scopes.slice(4).join(", ") }, `and ${more} more`));
  if (token.allow_list.join() !== "*:*") {
    shown.push(element("span", { class: "sub", title: token.allow_list.join(", ") }, `only ${token.allow_list.length} allowed object${token.allow_list.length === 1 ? "" : "s"}`));
  }
  return shown;
}

function when(text) {
  return never(text) ? element("span", { class: "muted" }, "Never") : element("span", { title: dateTime(text) }, sentence(ago(text)));
}

const pathOf = (token) => `/users/${token.user_id}/keys/${encodeURIComponent(token.id)}`;

function buttonsOf(token, again) {
  const [is] = state(token);
  const made = [];
  if (is !== "Expired") {
    made.push(button("Expire", async () => {
      const done = await confirm(`Expire “${token.token_name}”?`,
        "It stops working at once, everywhere. It stays in the list, and its uses stay in the audit log.", "Expire token",
        () => api.put(`${pathOf(token)}/expire`));
      if (done) { notice(`“${token.token_name}” has expired.`); again(); }
    }, { class: "quiet", "aria-label": `Expire ${token.token_name}` }));
  }
  made.push(button("Delete", async () => {
    const done = await confirm(`Delete “${token.token_name}”?`,
      "It stops working at once, and leaves the list for good. Its name can be used again.", "Delete token",
      () => api.remove(pathOf(token)));
    if (done) { notice(`“${token.token_name}” was deleted.`); again(); }
  }, { class: "quiet danger", "aria-label": `Delete ${token.token_name}` }));
  return made;
}

function nothing(all, expired) {
  if (all) return element("div", { class: "empty" }, element("h2", {}, "No tokens"), element("p", {}, "Nobody has a token that works now."));
  return element("div", { class: "empty" }, element("h2", {}, expired ? "No tokens yet" : "No working tokens"),
    element("p", {}, "Create one for a script, a service or a machine. You choose what it may do and how long it lives."));
}

export async function showTokens(place, { me, all = false }) {
  let expired = false;

  const create = async () => {
    const made = await createToken(me);
    if (made) await draw();
  };

  async function draw() {
    const list = element("div", { class: "card" });
    const columns = all ? ["Token", "Owner", "Scopes", "Created", "Last used", "Expires", "State", ""]
      : ["Token", "Scopes", "Created", "Last used", "Expires", "State", ""];
    const rows = table(all ? "Everybody's tokens" : "Your tokens", columns);
    const add = (token) => {
      const [is, look] = state(token);
      rows.add(...[
        [element("span", { class: "name" }, token.token_name || "unnamed"), element("span", { class: "sub mono" }, token.id)],
        all && (token.username || token.user_id), scopesOf(token), when(token.created_at), when(token.last_used), expiry(token),
        element("span", { class: `state ${look}` }, is), buttonsOf(token, draw)].filter((cell) => cell !== false));
    };
    const more = element("div", { class: "more", hidden: true });
    let last = "";
    const load = async () => {
      const page = await api.tokenPage({ all, expired, after: last, limit: pageSize });
      page.forEach(add);
      last = page.at(-1)?.id || last;
      more.hidden = page.length < pageSize;
      return page.length;
    };
    more.append(button("Show more", load));
    const count = await load();
    list.append(...(count ? [rows, more] : [nothing(all, expired)]));

    const ended = element("input", { type: "checkbox", id: "show-expired", onchange: (event) => { expired = event.target.checked; draw(); } });
    ended.checked = expired;
    const toggle = element("label", { class: "choice small", for: "show-expired" }, ended, element("span", {}, "Show expired tokens"));
    const had = document.activeElement?.id;
    place.replaceChildren(
      all ? heading("All tokens", "What everybody's scripts and services use to reach your services.", toggle)
        : heading("My tokens", "For scripts, services and machines that act in your name.", element("div", { class: "buttons" }, toggle,
          button("Create token", create, { class: "primary", id: "create-token" }))), list);
    if (had) document.getElementById(had)?.focus();
  }
  await draw();
}
