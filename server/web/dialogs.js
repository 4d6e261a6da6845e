// Dialogs on the browser's own <dialog>: it keeps the focus inside, closes on Escape and gives the focus back.
import { button, element, form } from "/assets/dom.js";

// Shows `content`; resolves when it is closed, with what close(value) was given. What it held leaves the
// document with it.
export function show(title, content, { narrow = false, keep = false } = {}) {
  const id = `dialog-title-${Date.now()}`;
  const opener = document.activeElement;
  return new Promise((resolve) => {
    let value;
    const whole = element("dialog", { "aria-labelledby": id, class: narrow ? "narrow" : "" });
    const close = (given) => {
      value = given;
      whole.close();
    };
    whole.append(element("div", { class: "dialog-body stack" }, element("h2", { id, tabindex: "-1" }, title),
      ...[content(close)].flat(),
      element("div", { class: "said", role: "status" })));
    // A secret that is shown once must not go by a stray Escape.
    if (keep) whole.addEventListener("cancel", (event) => event.preventDefault());
    whole.addEventListener("close", () => {
      whole.replaceChildren();
      whole.remove();
      if (opener?.isConnected) opener.focus();
      resolve(value);
    });
    document.body.append(whole);
    whole.showModal();
    (whole.querySelector("[autofocus]") || whole.querySelector("input, select, textarea")
      || whole.querySelector("h2")).focus();
  });
}

// Asks before something that cannot be taken back, and does it. True when it was done.
export function confirm(title, text, verb, act) {
  return show(title, (close) => form([element("p", {}, text)], {
    submit: verb,
    extra: button("Cancel", () => close(false), { autofocus: true }),
    send: async () => {
      await act();
      close(true);
    },
  }), { narrow: true });
}
