// Parts of a view that keep up to date by themselves.

import { h, show } from "./dom.js";

const every = 5000;

/**
 * Draws a part now and every five seconds, while the page is seen and nobody has the pointer pressed or the focus in it.
 * @param {HTMLElement} holder
 * @param {{signal: AbortSignal}} context
 * @param {() => Promise<Node|Node[]>} make
 * @returns {Promise<() => Promise<void>>} draws it now
 */
export async function refreshed(holder, { signal }, make) {
  const part = h("div.live");
  show(part, await make());
  holder.append(part);
  async function draw() {
    try {
      const fresh = await make();
      if (!signal.aborted) show(part, fresh);
    } catch {
      // The next time may go better; what is shown stays.
    }
  }
  const timer = setInterval(() => {
    if (document.hidden || part.contains(document.activeElement) || part.matches(":active") || document.querySelector("dialog[open]")) return;
    draw();
  }, every);
  signal.addEventListener("abort", () => clearInterval(timer));
  return draw;
}
