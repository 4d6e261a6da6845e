// Makes elements. Text always goes in as text: nothing here, or anywhere in the page, parses markup.

// element("td", {class: "name", onclick: go}, "text", otherElement, null)
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key !== "value") made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  if (attributes.value !== undefined) made.value = attributes.value; // a select takes it once it has its options
  return made;
}

const svgSpace = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

// What goes wrong in `act` is said at the lower edge.
export function button(text, act, attributes = {}) {
  const onclick = async (event) => {
    try {
      await act(event);
    } catch (error) {
      notice(`${error.message} ${error.detail || ""}`);
    }
  };
  return element("button", { type: "button", onclick, ...attributes }, text);
}

let fields = 0;

// A labelled input, with its hint and a place for what is wrong with it. `field.input` is the input.
export function field(label, attributes = {}, hint = "") {
  const id = attributes.id || `field-${++fields}`;
  const kind = attributes.kind || "input";
  const { kind: _, options, ...rest } = attributes;
  const input = element(kind, { id, "aria-describedby": `${id}-hint ${id}-fault`, ...rest },
    ...(options || []).map(([value, text]) => element("option", { value }, text)));
  const fault = element("span", { class: "fault", id: `${id}-fault` });
  const whole = element("div", { class: "field" },
    element("label", { class: "label", for: id }, label), input,
    hint && element("span", { class: "hint", id: `${id}-hint` }, hint), fault);
  whole.input = input;
  whole.fail = (text) => {
    fault.textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  return whole;
}

// A form that sends itself by `send`, says what went wrong, and cannot be sent twice at once.
// `known`: {name in the server's validations: field}.
export function form(children, { submit, send, known = {}, extra = null }) {
  const problem = element("div", { class: "alert", role: "alert", hidden: true });
  const go = element("button", { type: "submit", class: "primary" }, submit);
  const whole = element("form", { class: "stack", method: "post", novalidate: true }, problem, ...children,
    element("div", { class: "buttons" }, extra, go));
  const tell = (error) => {
    let said = false;
    for (const { field: name, detail } of error.validations || []) {
      if (known[name]) { known[name].fail(detail); said = true; }
    }
    const first = whole.querySelector("[aria-invalid]");
    problem.replaceChildren(element("strong", {}, error.message), said ? "" : error.detail || "");
    problem.hidden = false;
    if (first) first.focus();
    else problem.scrollIntoView({ block: "nearest" });
  };
  whole.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    problem.hidden = true;
    for (const each of Object.values(known)) each.fail("");
    const missing = Object.values(known).find((each) => each.input.required && !each.input.value.trim());
    if (missing) {
      missing.fail("Please fill this in.");
      missing.input.focus();
      return;
    }
    go.disabled = true;
    try {
      await send();
    } catch (error) {
      tell(error);
    } finally {
      go.disabled = false;
    }
  });
  return whole;
}

// One line at the lower edge that goes away by itself; read out by screen readers. While a dialog is open, which
// makes the rest inert, it is in there.
export function notice(text) {
  const line = element("p", {}, text);
  const place = document.querySelector("dialog[open] .said") || document.getElementById("notices");
  place.replaceChildren(line);
  setTimeout(() => line.remove(), 6000);
}

export function heading(title, lead, ...actions) {
  return element("div", { class: "head" },
    element("div", {}, element("h1", { tabindex: "-1" }, title), lead && element("p", {}, lead)), ...actions);
}

export function problem(error, again) {
  return element("div", { class: "card empty", role: "alert" }, element("h2", {}, error.message),
    element("p", {}, error.detail || "Nothing was changed."), again && button("Try again", again));
}

// columns: [["Name", "class or nothing"], ...]; an empty name is the column of the buttons.
export function table(caption, columns) {
  const body = element("tbody");
  const whole = element("table", { class: "table" }, element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, element("tr", {}, columns.map((name) => element("th", { scope: "col" },
      name || element("span", { class: "visually-hidden" }, "Actions"))))), body);
  whole.add = (...cells) => {
    const row = element("tr", {}, cells.map((cell, at) => columns[at] === ""
      ? element("td", { class: "actions" }, cell)
      : element("td", { "data-label": columns[at] }, element("div", {}, cell))));
    body.append(row);
    return row;
  };
  return whole;
}
