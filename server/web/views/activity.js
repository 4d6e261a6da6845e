// The live view: verifications a second, cache hits and refusals, made from the server's counters.
import * as api from "/assets/api.js";
import { element, heading, svg } from "/assets/dom.js";
import { number, rate } from "/assets/format.js";

const every = 1000;
const kept = 120; // points in the chart: two minutes
const width = 1000;
const height = 200;

const sum = (outcomes) => Object.values(outcomes).reduce((total, count) => total + count, 0);
const refusedIn = (outcomes) => outcomes.refused + outcomes.no_token + outcomes.insufficient;

// What happened between two answers, by the server's clock; nothing when the server was started anew.
function between(before, after) {
  const seconds = (new Date(after.time) - new Date(before.time)) / 1000;
  const checked = sum(after.verifications) - sum(before.verifications);
  if (seconds <= 0 || checked < 0) return null;
  const refused = refusedIn(after.verifications) - refusedIn(before.verifications);
  const cache = after.cache && before.cache
    ? { hits: after.cache.hits - before.cache.hits, misses: after.cache.misses - before.cache.misses } : null;
  return { checked: checked / seconds, refused: refused / seconds, cache };
}

function lineOf(points, most, value) {
  const at = (index) => width - ((points.length - 1 - index) * width) / (kept - 1);
  return points.map((point, index) => `${index ? "L" : "M"}${at(index).toFixed(1)} ${(height - 4 - (value(point) / most) * (height - 12)).toFixed(1)}`).join("");
}

function figure(title) {
  const value = element("dd", {}, "–");
  const below = element("dd", { class: "sub" }, " ");
  const whole = element("div", { class: "card figure" }, element("dt", {}, title), value, below);
  whole.tell = (text, more = "") => { value.textContent = text; below.textContent = more; };
  return whole;
}

export async function showActivity(place) {
  let before = await api.get("/latchkey/activity");
  const points = [];
  const checked = figure("Verifications / s");
  const refused = figure("Refusals / s");
  const cache = figure("Cache hits");
  const open = figure("Open connections");
  const line = svg("path", { class: "line" });
  const area = svg("path", { class: "area" });
  const refusals = svg("path", { class: "refused" });
  const grid = [0.25, 0.5, 0.75].map((share) => svg("line", { class: "grid", x1: 0, x2: width, y1: height * share, y2: height * share }));
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img",
    "aria-label": "Verifications and refusals a second over the last two minutes" }, ...grid, area, line, refusals);
  const scale = element("span", { class: "muted small" }, "");
  const trouble = element("p", { class: "alert", role: "alert", hidden: true });
  place.replaceChildren(heading("Activity", "What this server answers, as it happens."), trouble,
    element("dl", { class: "figures" }, checked, refused, cache, open),
    element("section", { class: "card panel" }, element("div", { class: "head tight" }, element("h2", {}, "The last two minutes"), scale),
      element("div", { class: "legend" }, element("span", {}, "Verifications"), element("span", { class: "refused" }, "Refusals")), chart));

  function draw(now) {
    const latest = points.at(-1);
    const total = sum(now.verifications);
    checked.tell(latest ? rate(latest.checked) : "–", `${number(total)} since the start`);
    refused.tell(latest ? rate(latest.refused) : "–", `${number(refusedIn(now.verifications))} since the start`);
    if (!now.cache) cache.tell("100 %", "All keys are in memory");
    else {
      const asked = latest?.cache && latest.cache.hits + latest.cache.misses > 0 ? latest.cache : now.cache;
      const all = asked.hits + asked.misses;
      cache.tell(all ? `${((asked.hits / all) * 100).toFixed(1)} %` : "–", `${number(now.cache.hits)} hits, ${number(now.cache.misses)} misses`);
    }
    open.tell(number(now.connections_open), `${number(now.audit_entries)} audit entries`);
    if (points.length < 2) return;
    const most = Math.max(1, ...points.map((point) => point.checked));
    const top = lineOf(points, most, (point) => point.checked);
    const left = (width - ((points.length - 1) * width) / (kept - 1)).toFixed(1);
    line.setAttribute("d", top);
    area.setAttribute("d", `${top}L${width} ${height}L${left} ${height}Z`);
    refusals.setAttribute("d", lineOf(points, most, (point) => point.refused));
    scale.textContent = `Highest: ${rate(most)} a second`;
  }

  let timer = 0;
  let stopped = false;
  async function tick() {
    try {
      const now = await api.get("/latchkey/activity");
      if (stopped) return;
      const point = between(before, now);
      before = now;
      if (point) points.push(point);
      else points.length = 0;
      if (points.length > kept) points.shift();
      trouble.hidden = true;
      draw(now);
    } catch (error) {
      if (stopped) return;
      trouble.textContent = `${error.message} ${error.detail}`;
      trouble.hidden = false;
    }
    timer = setTimeout(tick, every);
  }
  draw(before);
  timer = setTimeout(tick, every);
  return () => { stopped = true; clearTimeout(timer); };
}
