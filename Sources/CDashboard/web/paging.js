// Lists that go on: a first page, and a button for more.

import { h } from "./dom.js";
import { attempt } from "./notes.js";

/**
 * @param {(cursor?: string) => Promise<{items: unknown[], next: string|null}>} ask
 * @param {(items: unknown[]) => HTMLElement} drawn a table of some items
 * @returns {Promise<HTMLElement|null>} null when there is nothing
 */
export async function paged(ask, drawn) {
  const first = await ask();
  if (first.items.length === 0 && !first.next) return null;
  const list = drawn(first.items);
  const body = list.querySelector("tbody");
  let { next } = first;
  const more = h("button.more", {
    type: "button",
    onclick: () => attempt(more, async () => {
      const page = await ask(next);
      body.append(...drawn(page.items).querySelectorAll("tbody > tr"));
      next = page.next;
      more.hidden = !next;
    }),
  }, "Show more");
  more.hidden = !next;
  return h("div", {}, list, more);
}
