// Every request that this server answers, readable: drawn from the server's own description, so it cannot drift.
import * as api from "/assets/api.js";
import { element, field, heading } from "/assets/dom.js";

const methods = ["get", "post", "put", "patch", "delete"];

// `code` in the description's texts.
function prose(text = "") {
  return text.split(/`([^`]*)`/).map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

// What a reference in the document stands for, with its last name.
function resolver(document) {
  return (value) => {
    if (!value?.$ref) return { name: "", value: value || {} };
    const path = value.$ref.split("/").slice(1);
    return { name: path.at(-1), value: path.reduce((at, step) => at?.[step], document) || {} };
  };
}

function kindOf(schema, resolve) {
  const { name, value } = resolve(schema);
  const choices = value.oneOf || value.anyOf;
  if (value.enum) return value.enum.map((one) => JSON.stringify(one)).join(" or ");
  if (value.const !== undefined) return JSON.stringify(value.const);
  if (choices) return choices.map((one) => kindOf(one, resolve)).join(" or ");
  if (value.type === "array") return `list of ${kindOf(value.items, resolve)}`;
  if (name) return name;
  return [].concat(value.type || "any value").join(" or ");
}

// Every property of an object, also where it is put together of several.
function propertiesOf(schema, resolve) {
  const { value } = resolve(schema);
  const parts = (value.allOf || []).map((part) => propertiesOf(part, resolve));
  return {
    fields: Object.assign({}, ...parts.map((part) => part.fields), value.properties),
    required: [...parts.flatMap((part) => part.required), ...(value.required || [])],
  };
}

function facts(rows) {
  return element("dl", { class: "pairs small" }, rows.map(([term, ...what]) => [
    element("dt", { class: "mono" }, term), element("dd", {}, ...what)]));
}

function fieldRows(schema, resolve, marksRequired) {
  const { fields, required } = propertiesOf(schema, resolve);
  return Object.entries(fields).map(([name, one]) => {
    const { value } = resolve(one);
    const notes = [marksRequired && required.includes(name) && "required", value.deprecated && "deprecated"].filter(Boolean);
    return [name, element("span", { class: "muted" }, [kindOf(one, resolve), ...notes].join(", ")), value.description && " – ", prose(value.description)];
  });
}

function part(title, ...children) {
  return element("section", { class: "part" }, element("h4", {}, title), ...children);
}

function schemaPart(title, content, resolve, marksRequired) {
  const [type, media] = Object.entries(content || {})[0] || [];
  if (!media?.schema) return null;
  const rows = fieldRows(media.schema, resolve, marksRequired);
  const shape = rows.length ? facts(rows) : element("p", { class: "small" }, kindOf(media.schema, resolve));
  return part(`${title} (${type})`, shape);
}

// Ready to be pasted: the token comes from the environment, not from this page.
function curlLine(method, path, operation, resolve) {
  const words = ["curl"];
  if (method !== "get") words.push(`-X ${method.toUpperCase()}`);
  words.push(`'${location.origin}${path.replaceAll("{user}", "me")}'`);
  if (operation.security?.some((one) => Object.keys(one).length)) words.push('-H "Authorization: Bearer $TOKEN"');
  const [type, media] = Object.entries(operation.requestBody?.content || {})[0] || [];
  const example = media && (media.example ?? resolve(media.schema).value.examples?.[0]);
  if (example !== undefined && type === "application/json") words.push(`-d '${JSON.stringify(example)}'`);
  return words.join(" \\\n  ");
}

function operationBlock(method, path, operation, resolve) {
  const parameters = (operation.parameters || []).map((one) => resolve(one).value);
  const answers = Object.entries(operation.responses).map(([status, one]) => [status, prose(resolve(one).value.description)]);
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  return element("details", { class: "operation", id: operation.operationId },
    element("summary", {}, element("span", { class: "method mono" }, method.toUpperCase()),
      element("span", { class: "mono path" }, path), element("span", { class: "muted" }, operation.summary)),
    element("div", { class: "inside" },
      operation.description && element("p", {}, prose(operation.description)),
      parameters.length > 0 && part("Parameters", facts(parameters.map((one) => [one.name,
        element("span", { class: "muted" }, [`in ${one.in}`, kindOf(one.schema, resolve), one.required && "required"].filter(Boolean).join(", ")),
        one.description && " – ", prose(one.description)]))),
      schemaPart("Body", operation.requestBody?.content, resolve, true),
      good && schemaPart(`Answer ${good[0]}`, resolve(good[1]).value.content, resolve, false),
      part("Statuses", facts(answers)),
      part("Try it", element("pre", {}, curlLine(method, path, operation, resolve)))));
}

export async function showReference(place) {
  const document = await api.get("/openapi.json");
  const resolve = resolver(document);
  const blocks = Object.entries(document.paths).flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => {
    const operation = { ...item[method], parameters: [...(item.parameters || []), ...(item[method].parameters || [])] };
    return { tag: operation.tags[0], text: `${method} ${path} ${operation.summary}`.toLowerCase(), block: operationBlock(method, path, operation, resolve) };
  }));
  const groups = document.tags.map(({ name, description }) => {
    const own = blocks.filter((one) => one.tag === name);
    const card = element("section", { class: "card reference" },
      element("h2", {}, name), element("p", { class: "muted" }, prose(description)), own.map((one) => one.block));
    return { card, own };
  });
  const nothing = element("p", { class: "empty muted", hidden: true, role: "status" }, "No request matches.");
  const find = field("Find", { type: "search", autocomplete: "off", spellcheck: "false", placeholder: "tokens, POST, verify" });
  find.input.addEventListener("input", () => {
    const words = find.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { card, own } of groups) {
      for (const one of own) one.block.hidden = !words.every((word) => one.text.includes(word));
      card.hidden = own.every((one) => one.block.hidden);
    }
    nothing.hidden = groups.some(({ card }) => !card.hidden);
  });
  place.replaceChildren(
    heading("API", ["Every request this server answers, as it describes them itself. For programs: ",
      element("a", { href: "/api/v2/openapi.json" }, "openapi.json"), "."]),
    element("div", { class: "card panel find" }, find), nothing, ...groups.map(({ card }) => card));
}
