// Where events go, and how it stands there.

import { get, part, post } from "./api.js";
import { add, h, show } from "./dom.js";
import { attempt, confirmed, tell } from "./notes.js";
import { badge, empty, facts, heading, table } from "./parts.js";
import { refreshed } from "./refresh.js";
import { link } from "./router.js";
import { may, seesAll } from "./session.js";
import { number, words } from "./text.js";
import { ago, span } from "./time.js";

/** What a test said, by destination, as long as the page is open. */
const told = new Map();

export async function draw(holder, context) {
  add(holder, heading("Destinations", "Where events go. Switches work within half a second and outlive restarts."));
  await refreshed(holder, context, async () => {
    const { items } = await get("destinations", {}, context.signal);
    if (items.length === 0) {
      return empty("No destinations yet", may("admin") && [h("a", { href: link(["integrations", "new"]) }, "Add an integration"), ", which works at once, or add "],
        may("admin") ? "one" : "Add one", " to the configuration under ", h("code", {}, "destinations"), "; ", h("code", {}, "webhook-gateway destinations types"), " lists the kinds there are.");
    }
    return [h("ul.cards", {}, items.map((item) => h("li", {}, card(item, context)))),
      h("h2", {}, "In figures"), table("Destinations", columns, items)];
  });
}

/** One word for how a destination stands. */
export function standing(item) {
  if (item.orphan) return badge("orphan", "Not configured");
  if (!item.enabled) return badge("disabled");
  if (item.pausedSince) return badge("paused");
  if (item.circuit.state !== "closed") return badge(item.circuit.state, `Circuit ${item.circuit.state}`);
  return badge("ok", "Healthy");
}

function card(item, context) {
  const { circuit, counts } = item;
  return h("article.card.destination", { "aria-label": item.destination },
    h("header", {}, h("div", {}, h("h2", {}, item.destination), h("p.faint", {}, item.type ?? "no longer configured")), standing(item)),
    counts && facts([
      ["A minute", number(item.perMinute)],
      ["Waiting", number(counts.waiting + counts.inFlight + counts.delayed)],
      ["Dead", counts.dead > 0 ? h("a", { href: link("dead", { destination: item.destination }) }, number(counts.dead)) : "0"],
    ], "figures"),
    facts([
      ["Circuit", h("span", {}, circuit.state, circuit.failures > 0 && `, ${number(circuit.failures)} failed in a row`,
        circuit.until && circuit.state === "open" && [", probe in ", span(Math.max(0, (Date.parse(circuit.until) - Date.now()) / 1000))])],
      ["Takes", filterText(item.filter)],
      ["Last delivery", item.lastDeliveryAt && ago(item.lastDeliveryAt)],
      ["Off since", item.disabledSince && ago(item.disabledSince)],
      ["Paused since", item.pausedSince && ago(item.pausedSince)],
    ], "facts.lines"),
    item.lastError && (circuit.failures > 0 ? h("p.error", {}, h("strong", {}, words(circuit.category ?? "last error")), ": ", item.lastError)
      : h("p.faint", {}, "Last error ", item.lastErrorAt && ago(item.lastErrorAt), ": ", item.lastError)),
    h("div.told", { role: "status" }, told.get(item.destination) ?? ""),
    may("operator") && seesAll() && !item.orphan && h("footer.buttons", {}, buttons(item, context)));
}

function filterText(filter) {
  if (!filter) return null;
  if (filter.types?.length === 0) return "nothing new";
  const parts = ["types", "sources", "tenants"]
    .filter((name) => filter[name]?.length > 0 && filter[name].join() !== "*")
    .map((name) => `${name} ${filter[name].join(", ")}`);
  return parts.length > 0 ? parts.join("; ") : "everything";
}

function buttons(item, context) {
  const change = (verb, done) => h("button", {
    type: "button", "aria-label": `${words(verb)} ${item.destination}`,
    onclick: (event) => attempt(event.currentTarget, async () => {
      await post(`destinations/${part(item.destination)}/${verb}`);
      tell(`${item.destination} ${done}.`);
      await context.redraw();
    }),
  }, words(verb));
  return [
    h("button", { type: "button", "aria-label": `Test ${item.destination}`, onclick: (event) => test(event.currentTarget, item) }, "Test"),
    item.pausedSince ? change("resume", "goes on") : change("pause", "is paused: events wait"),
    item.circuit.state !== "closed" && h("button", {
      type: "button", "aria-label": `Reset the circuit of ${item.destination}`,
      onclick: (event) => attempt(event.currentTarget, async () => {
        await post(`circuits/${part(item.destination)}/reset`);
        tell(`The circuit of ${item.destination} is closed.`);
        await context.redraw();
      }),
    }, "Reset circuit"),
    item.enabled ? h("button.quiet", { type: "button", "aria-label": `Disable ${item.destination}`,
      onclick: (event) => disable(event.currentTarget, item, context) }, "Disable")
      : item.disabledSince && change("enable", "takes events again"),
  ];
}

async function disable(button, item, { redraw }) {
  const text = "New events skip it, visibly; they are not sent there later unless you replay them. To make them wait instead, pause it.";
  if (!await confirmed(`Disable ${item.destination}?`, text, "Disable", { dangerous: true })) return;
  await attempt(button, async () => {
    await post(`destinations/${part(item.destination)}/disable`);
    tell(`${item.destination} is disabled.`);
    await redraw();
  });
}

function test(button, item) {
  const place = button.closest("article").querySelector(".told");
  show(place, "Asking…");
  return attempt(button, async () => {
    try {
      const { result, explanation } = await post(`destinations/${part(item.destination)}/test`);
      told.set(item.destination, h("p", {}, badge(result), " ", explanation));
    } catch (problem) {
      told.set(item.destination, h("p", {}, badge("failed"), " ", problem.message));
    }
    show(place, told.get(item.destination));
  });
}

const count = (name) => (item) => (item.counts ? number(item.counts[name]) : "–");

const columns = [
  { title: "Destination", cell: (item) => h("span", {}, h("strong", {}, item.destination), h("span.under", {}, item.type)) },
  { title: "Status", cell: standing },
  { title: "Entered", kind: "number second", cell: count("entered") },
  { title: "Delivered", kind: "number", cell: count("done") },
  { title: "Waiting", kind: "number second", cell: count("waiting") },
  { title: "In work", kind: "number third", cell: count("inFlight") },
  { title: "Delayed", kind: "number third", cell: count("delayed") },
  { title: "Skipped", kind: "number third", cell: count("skipped") },
  { title: "Discarded", kind: "number third", cell: count("discarded") },
  { title: "Dead", kind: "number", cell: count("dead") },
];
