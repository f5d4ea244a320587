// Queues as a whole: depth, rate, oldest age, consumers.

import { get, part, post } from "./api.js";
import { add, h } from "./dom.js";
import { attempt, confirmed, tell } from "./notes.js";
import { badge, empty, heading, table } from "./parts.js";
import { link } from "./router.js";
import { may } from "./session.js";
import { counted, number } from "./text.js";
import { ago, span } from "./time.js";
import { refreshed } from "./refresh.js";

export async function draw(holder, context) {
  const recover = h("button", { type: "button", onclick: (event) => giveBack(event.currentTarget, context) }, "Give back lapsed work");
  add(holder, heading("Queues", "What workers take events from. The forwarder's own is “events”.", may("operator") && recover));
  await refreshed(holder, context, async () => {
    const { items } = await get("queues", {}, context.signal);
    if (items.length === 0) return empty("No queues yet", "A queue is there once its first event is. Send one: ", h("code", {}, "webhook-gateway send stripe"));
    return table("Queues", columns(context), items);
  });
}

const columns = (context) => [
  { title: "Queue", cell: (queue) => h("span", {}, h("strong", {}, queue.queue),
    queue.oldestSeconds !== null && h("span.under.narrow", {}, `oldest ${span(queue.oldestSeconds)}`), queue.pausedSince
    && h("span.under", {}, badge("paused"), " ", ago(queue.pausedSince))) },
  { title: "Waiting", kind: "number", cell: (queue) => number(queue.waiting) },
  { title: "In work", kind: "number second", cell: (queue) => number(queue.inFlight) },
  { title: "Delayed", kind: "number third", cell: (queue) => number(queue.delayed) },
  { title: "Oldest", kind: "number second", cell: (queue) => span(queue.oldestSeconds) },
  { title: "In a minute", kind: "number second", cell: (queue) => number(queue.enteredPerMinute) },
  { title: "Consumers", kind: "number second", cell: (queue) => number(queue.consumers) },
  { title: "Done", kind: "number third", cell: (queue) => number(queue.done) },
  { title: "Dead", kind: "number", cell: (queue) => (queue.dead + queue.quarantined > 0
    ? h("a", { href: link("dead", { queue: queue.queue }) }, number(queue.dead + queue.quarantined)) : "0") },
  { title: "", kind: "actions", cell: (queue) => may("operator") && h("span.buttons", {},
    queue.pausedSince ? action("Resume", queue, context) : action("Pause", queue, context),
    h("button.quiet", { type: "button", "aria-label": `Clear ${queue.queue}`, disabled: queue.waiting === 0,
      onclick: (event) => clear(event.currentTarget, queue, context) }, "Clear")) },
];

const action = (verb, queue, { redraw }) => h("button", {
  type: "button", "aria-label": `${verb} ${queue.queue}`,
  onclick: (event) => attempt(event.currentTarget, async () => {
    await post(`queues/${part(queue.queue)}/${verb.toLowerCase()}`);
    tell(verb === "Pause" ? `${queue.queue} is paused: events wait.` : `${queue.queue} goes on.`);
    await redraw();
  }),
}, verb);

async function clear(button, queue, { redraw }) {
  const text = `${counted(queue.waiting, "event")} would be discarded for good. The ledger counts them; the archive keeps them for replay.`;
  if (!await confirmed(`Clear ${queue.queue}?`, text, "Clear", { dangerous: true })) return;
  await attempt(button, async () => {
    const { entries } = await post(`queues/${part(queue.queue)}/clear`);
    tell(`${counted(entries ?? 0, "event")} discarded.`);
    await redraw();
  });
}

function giveBack(button, { redraw }) {
  attempt(button, async () => {
    const { items } = await post("queues/recover");
    const returned = items.reduce((sum, item) => sum + item.returned, 0);
    tell(returned === 0 ? "No lease has lapsed: nothing to give back." : `${counted(returned, "event")} given back.`);
    await redraw();
  });
}
