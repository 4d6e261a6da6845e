// The frame: who is signed in, which section shows, and where the focus goes when that changes. The section is
// in the fragment of the address, which never holds anything else.
import * as api from "/assets/api.js";
import { button, element, problem } from "/assets/dom.js";
import { enter, setUp } from "/assets/views/access.js";
import { showAccount } from "/assets/views/account.js";
import { showActivity } from "/assets/views/activity.js";
import { showAudit } from "/assets/views/audit.js";
import { showReference } from "/assets/views/reference.js";
import { showTokens } from "/assets/views/tokens.js";
import { showUsers } from "/assets/views/users.js";

const main = document.getElementById("main");
const sections = [
  { name: "tokens", title: "My tokens", show: (place, me) => showTokens(place, { me }) },
  { name: "all-tokens", title: "All tokens", show: (place, me) => showTokens(place, { me, all: true }), needs: "allTokens" },
  { name: "users", title: "Users", show: showUsers, needs: "users" },
  { name: "audit", title: "Audit", show: showAudit, needs: "audit" },
  { name: "activity", title: "Activity", show: showActivity, needs: "audit" },
  { name: "api", title: "API", show: showReference },
  { name: "account", title: "Account", show: showAccount, hidden: true },
];

let me = null; // the caller's account, with `may`
let leave = null; // ends what the shown section does by itself
let shown = 0; // counts sections, so that a slow one does not write over its successor

function allowed(section) {
  return !section.needs || me.may[section.needs];
}

function drawFrame(current) {
  const links = sections.filter((section) => !section.hidden && allowed(section)).map((section) => element("li", {},
    element("a", { href: `#${section.name}`, "aria-current": section === current ? "page" : null }, section.title)));
  document.getElementById("nav").replaceChildren(element("ul", {}, links));
  document.getElementById("who").replaceChildren(
    element("a", { href: "#account", "aria-current": current.name === "account" ? "page" : null }, me.username),
    button("Log out", logOut, { class: "quiet" }));
  document.getElementById("top").hidden = false;
}

async function showSection() {
  if (!me) return;
  const wanted = location.hash.slice(1);
  const current = sections.find((section) => section.name === wanted && allowed(section)) || sections[0];
  const turn = ++shown;
  leave?.();
  leave = null;
  drawFrame(current);
  document.title = `${current.title} · Latchkey`;
  const place = element("div", {}, element("p", { class: "loading" }, "Loading…"));
  main.replaceChildren(place);
  try {
    const end = await current.show(place, me);
    if (turn === shown) leave = end || null;
    else end?.();
  } catch (error) {
    if (turn === shown && me) place.replaceChildren(problem(error, showSection));
  }
  if (turn === shown) main.querySelector("h1")?.focus();
}

function showEntry(make) {
  shown += 1;
  leave?.();
  leave = null;
  me = null;
  document.getElementById("top").hidden = true;
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
  main.replaceChildren(make);
  main.querySelector("input")?.focus();
}

async function logOut() {
  try {
    await api.logout();
  } finally {
    await start();
  }
}

export async function start(message = "") {
  const found = await api.session();
  if (found.needs_first_user) {
    document.title = "Welcome · Latchkey";
    showEntry(setUp(start));
  } else if (!found.signed_in) {
    document.title = "Log in · Latchkey";
    showEntry(enter(start, { message, password: found.password_login }));
  } else {
    const [account, may] = await Promise.all([api.get("/users/me"), api.rights()]);
    me = { ...account, may };
    await showSection();
  }
}

async function begin() {
  try {
    await start();
  } catch (error) {
    main.replaceChildren(problem(error, begin));
  }
}

api.whenSignedOut(() => {
  if (!me) return;
  me = null;
  start("Your session has ended. Please log in again.").catch((error) => main.replaceChildren(problem(error, begin)));
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment names sections
  main.focus();
});
addEventListener("hashchange", showSection);
begin();
