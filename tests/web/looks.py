"""What can be said of a page's looks without eyes: contrast, and whether anything is wider than the window."""

# Text whose contrast with what is behind it is below WCAG AA: 4.5, or 3 for large letters. Controls that are
# switched off are exempt (WCAG 1.4.3).
PALE_TEXT = """
const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parse = (text) => {
  const parts = (text.match(/[\\d.]+/g) || ["0", "0", "0", "0"]).map(Number);
  return parts.length < 4 ? [...parts, 1] : parts;
};
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
const groundOf = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  const base = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  return layers.reverse().reduce((below, top) => over(top, below), base);
};
const dialog = document.querySelector("dialog[open]");
const walker = document.createTreeWalker(dialog || document.body, NodeFilter.SHOW_TEXT);
const found = [];
const judge = (element, text, colourText) => {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  if (box.width < 2 || box.height < 2 || style.visibility === "hidden" || element.closest(":disabled")) return;
  if (element.previousElementSibling?.disabled) return;
  const ground = groundOf(element);
  const colour = over(parse(colourText), ground);
  const [light, dark] = [luminance(colour), luminance(ground)].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) found.push(`${text.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
};
while (walker.nextNode()) {
  const text = walker.currentNode.data;
  if (text.trim()) judge(walker.currentNode.parentElement, text, getComputedStyle(walker.currentNode.parentElement).color);
}
for (const input of (dialog || document).querySelectorAll("input, textarea")) {
  if (input.value && !["checkbox", "radio"].includes(input.type)) judge(input, input.value, getComputedStyle(input).color);
  if (input.placeholder) judge(input, input.placeholder, getComputedStyle(input, "::placeholder").color);
}
return found;
"""

# Elements that reach beyond the window, unless something around them scrolls.
TOO_WIDE = """
const scrolls = (element) => {
  for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
    if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(at).overflowX)) return true;
  return false;
};
const found = [];
if (document.documentElement.scrollWidth > innerWidth) found.push(`the page: ${document.documentElement.scrollWidth}`);
for (const element of document.querySelectorAll("body *")) {
  const box = element.getBoundingClientRect();
  if (box.width < 2 || scrolls(element) || element.closest("[hidden], .skip")) continue;
  if (box.right > innerWidth + 1 || box.left < -1) found.push(`${element.tagName} ${element.className}: ${box.left} to ${box.right}`);
}
return found;
"""

# Controls without a name for screen readers, and ids that are not the only ones of theirs.
UNNAMED = """
const found = [];
for (const control of document.querySelectorAll("input, select, textarea, button, a[href], dialog, meter, svg[role]")) {
  const name = control.getAttribute("aria-label") || control.getAttribute("aria-labelledby") || control.labels?.[0]?.textContent || control.textContent;
  if (!name?.trim()) found.push(`${control.tagName} ${control.className} has no name`);
}
const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`id ${id} twice`);
if (document.querySelectorAll("main").length !== 1) found.push("not one main");
if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
return found;
"""
