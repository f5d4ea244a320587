// Short messages, and questions before what cannot be taken back.

import { h } from "./dom.js";

const shownFor = 6000;

/** Tells what happened; read out by screen readers. */
export function tell(text, kind = "good") {
  const note = h(`p.note.${kind}`, {}, text);
  note.append(h("button.plain", { type: "button", "aria-label": "Dismiss", onclick: () => note.remove() }, "×"));
  document.getElementById("notes").append(note);
  if (kind === "good") setTimeout(() => note.remove(), shownFor);
}

/**
 * Does something and tells how it went; the button cannot be pressed twice meanwhile.
 * @template T
 * @param {HTMLElement|null} button
 * @param {() => Promise<T>} work
 * @returns {Promise<T|undefined>}
 */
export async function attempt(button, work) {
  button?.setAttribute("disabled", "");
  try {
    return await work();
  } catch (problem) {
    tell(problem.message, "bad");
    return undefined;
  } finally {
    button?.removeAttribute("disabled");
  }
}

/** Asks before doing; true when they mean it. */
export function confirmed(title, text, verb, { dangerous = false } = {}) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "question" },
      h("form", { method: "dialog" },
        h("h2", { id: "question" }, title), h("p", {}, text),
        h("div.actions", {},
          h("button", { value: "no" }, "Cancel"),
          h(dangerous ? "button.danger" : "button.primary", { value: "yes" }, verb))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
