// What was done and refused, newest first, with filters; and a check that nobody changed the record of it.
import * as api from "/assets/api.js";
import { button, element, field, heading, table } from "/assets/dom.js";
import { dateTimeSeconds, number } from "/assets/format.js";

const pageSize = 50;
const actions = [["", "Any"], ["create", "Create"], ["write", "Change"], ["delete", "Delete"], ["login", "Log in"], ["logout", "Log out"],
  ["register", "Register"], ["read", "Read"], ["verify", "Verify"]];
const kinds = [["", "Anything"], ["api_key", "Tokens and sessions"], ["user", "Users"], ["audit_log", "The audit log"]];

// key:value pairs as the server's search reads them; quotes keep spaces together.
function queryOf(filters) {
  return Object.entries(filters).filter(([, value]) => value)
    .map(([key, value]) => (/[\s":]/.test(value) ? `${key}:"${value.replaceAll('"', "")}"` : `${key}:${value}`)).join(" ");
}

// "{user} created token {target}" with the names in place.
function sentence(entry) {
  const names = { "{user}": entry.user?.username || "Somebody", "{target}": entry.resource_target };
  return entry.description.split(/(\{user\}|\{target\})/).map((part) => (part in names ? element("b", {}, names[part]) : part));
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function change({ old, new: fresh }) {
  if (old === undefined) return shown(fresh ?? "");
  return fresh === undefined ? `was ${shown(old)}` : `${shown(old)} → ${shown(fresh)}`;
}

function details(entry) {
  const lines = [["Request", entry.request_id], ["Address", entry.ip], ["Client", entry.user_agent]].filter(([, value]) => value);
  const changes = Object.entries(entry.diff).map(([name, values]) => [name, change(values)]);
  const extra = Object.entries(entry.additional_fields).map(([name, value]) => [name, shown(value)]);
  return element("details", { class: "small" }, element("summary", { class: "muted" }, "Details"),
    element("dl", { class: "facts pairs" }, [...lines, ...changes, ...extra].map(([name, value]) => [element("dt", { class: "muted" }, name), element("dd", { class: "mono" }, value)])));
}

function verdictText(found) {
  if (!found.whole) {
    const { file, line, reason } = found.fault;
    return ["alert", "The log is damaged.", `${file}${line ? `, line ${line}` : ""}: ${reason}. ${number(found.entries)} entries before it are good. Keep a copy of the files and find out who could write them.`];
  }
  const text = `${number(found.entries)} entries, none changed, removed or moved. The last is number ${number(found.last_seq)}, digest ${found.last_digest.slice(0, 16)}…`;
  if (found.alarm_seq) return ["note", "The chain holds, but was altered once.", `${text} Entry ${number(found.alarm_seq)} is a server's own alarm about it.`];
  if (found.first_seq > 1) return ["note", "The chain holds from where it begins.", `${text} What stood before entry ${number(found.first_seq)} is not here: archived, or cut off.`];
  return ["good", "The chain holds.", text];
}

export async function showAudit(place) {
  const filters = {};
  const inputs = {
    username: field("Who", { placeholder: "Username", autocomplete: "off", autocapitalize: "none", spellcheck: "false" }),
    action: field("Action", { kind: "select", options: actions }),
    resource_type: field("Concerning", { kind: "select", options: kinds }),
    resource_target: field("Name", { placeholder: "Token or user", autocomplete: "off" }),
    date_from: field("From", { type: "date" }),
    date_to: field("Until", { type: "date" }),
  };
  const results = element("div", { "aria-live": "polite" });
  const verdict = element("div", { role: "status" });

  async function draw() {
    const rows = table("Audit log", ["Time", "What", "Result", "From"]);
    const more = element("div", { class: "more", hidden: true });
    let last = "";
    const load = async () => {
      const query = new URLSearchParams({ q: queryOf(filters), limit: String(pageSize) });
      if (last) query.set("after_id", last);
      const page = await api.get(`/audit?${query}`);
      for (const entry of page.audit_logs) {
        const refused = entry.status_code >= 400;
        rows.add(element("span", { class: "when" }, dateTimeSeconds(entry.time)), [element("span", {}, sentence(entry)), details(entry)],
          element("span", { class: refused ? "state bad" : "state" }, refused ? `Refused ${entry.status_code}` : "Done"), element("span", { class: "mono ip" }, entry.ip || "–"));
      }
      last = page.audit_logs.at(-1)?.id || last;
      more.hidden = page.audit_logs.length < pageSize;
      return page;
    };
    more.append(button("Show more", load));
    const page = await load();
    const count = page.count >= page.count_cap ? `${number(page.count_cap)} or more entries` : `${number(page.count)} ${page.count === 1 ? "entry" : "entries"}`;
    results.replaceChildren(...(page.audit_logs.length ? [element("p", { class: "counted muted small" }, count), rows, more]
      : [element("div", { class: "empty" }, element("h2", {}, "Nothing found"), element("p", {}, "No entry matches these filters. Widen the dates or clear a field."))]));
  }

  const verify = button("Verify the chain", async () => {
    verify.disabled = true;
    verdict.replaceChildren(element("p", { class: "note" }, "Checking every entry…"));
    try {
      const [look, title, text] = verdictText(await api.post("/audit/verify"));
      verdict.replaceChildren(element("div", { class: look }, element("strong", {}, title), " ", text));
    } catch (error) {
      verdict.replaceChildren(element("div", { class: "alert" }, element("strong", {}, error.message), error.detail));
    } finally {
      verify.disabled = false;
      verify.focus();
    }
  }, { id: "verify-chain" });

  const search = async () => {
    for (const [key, input] of Object.entries(inputs)) filters[key] = input.input.value.trim();
    try {
      await draw();
    } catch (error) {
      const why = (error.validations || []).map((each) => each.detail).join(" ");
      results.replaceChildren(element("div", { class: "empty", role: "alert" }, element("h2", {}, error.message), element("p", {}, why || error.detail)));
    }
  };
  const form = element("form", { class: "filters", method: "post", role: "search", "aria-label": "Filter the audit log" }, Object.values(inputs),
    element("div", { class: "buttons" }, button("Clear", () => { form.reset(); search(); }, { class: "quiet" }),
      element("button", { type: "submit", id: "apply-filters" }, "Apply")));
  form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  await draw();
  place.replaceChildren(heading("Audit", "Everything that was done or refused. Each entry holds the digest of the one before, so that a change shows.", verify),
    verdict, element("div", { class: "card" }, form, results));
}
