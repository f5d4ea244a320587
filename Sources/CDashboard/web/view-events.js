// Events: search the archive, watch new ones come in.

import { get } from "./api.js";
import { add, h, show } from "./dom.js";
import { listen } from "./live.js";
import { attempt } from "./notes.js";
import { badge, empty, field, heading, select, table, tableRow } from "./parts.js";
import { go, link } from "./router.js";
import { may, seesAll } from "./session.js";
import { counted } from "./text.js";
import { fromInput, moment, toInput } from "./time.js";
import { draw as drawEvent } from "./view-event.js";

const statuses = [["", "Any"], "queued", ["forwarding", "waiting"], "delivered", "partly", "dead", "discarded", "skipped", "quarantined"];
const names = ["q", "source", "type", "status", "destination", "tenant", "from", "to"];
const mostLive = 500;

const columns = [
  { title: "Received", kind: "second", cell: (event) => moment(event.receivedAt) },
  { title: "Type", cell: (event) => h("span", {}, h("a.clip", { href: link(["events", event.id]), title: event.type }, event.type),
    h("span.under.narrow", {}, moment(event.receivedAt), " · ", event.source)) },
  { title: "Status", cell: (event) => badge(event.status) },
  { title: "Source", kind: "second", cell: (event) => h("span.clip", { title: event.source }, event.source) },
  { title: "Provider's type", kind: "third", cell: (event) => h("span.clip.faint", { title: event.providerType ?? "" }, event.providerType || "–") },
  { title: "Subject", kind: "third", cell: (event) => h("span.clip", { title: event.subject ?? "" }, event.subject ?? "–") },
  { title: "Provider's id", kind: "fourth", cell: (event) => h("code.clip", { title: event.providerId ?? event.id }, event.providerId ?? event.id) },
];

const statusAt = columns.findIndex((column) => column.title === "Status");

export async function draw(holder, context) {
  if (context.path.length > 0) {
    await drawEvent(holder, context);
    return;
  }
  const filter = Object.fromEntries(names.filter((name) => context.parameters[name]).map((name) => [name, context.parameters[name]]));
  const { items: sources } = await get("sources", {}, context.signal);
  const { items: destinations } = await get("destinations", {}, context.signal);
  const state = h("span.livestate", { role: "status" }, "");
  const results = h("div.results");
  const replay = may("operator") && h("a.button", { href: link("replays", { ...filter, plan: "1" }) }, "Replay these");
  add(holder, heading("Events", "Every delivery that was accepted, newest first.", state, replay),
    form(filter, sources, destinations), results);
  await search(results, filter, sources[0]?.source ?? "stripe", context, state);
}

// MARK: Search

function form(filter, sources, destinations) {
  const q = h("input", { type: "search", name: "q", value: filter.q ?? "", maxlength: "200", placeholder: "Event or provider id, or any text", spellcheck: "false" });
  const type = h("input", { name: "type", value: filter.type ?? "", placeholder: "payment.*", spellcheck: "false", maxlength: "200" });
  const fields = [
    field("Search", q),
    field("Source", select("source", [["", "Any"], ...sources.map((item) => item.source)], filter.source)),
    field("Status", select("status", statuses, filter.status === "waiting" ? "forwarding" : filter.status)),
  ];
  const more = [
    field("Type", type),
    field("Destination", select("destination", [["", "Any"], ...destinations.map((item) => item.destination)], filter.destination)),
    seesAll() && field("Tenant", h("input", { name: "tenant", value: filter.tenant ?? "", maxlength: "64" })),
    field("From", h("input", { type: "datetime-local", name: "from", value: toInput(filter.from) })),
    field("To", h("input", { type: "datetime-local", name: "to", value: toInput(filter.to) })),
  ].filter(Boolean);
  const isMore = ["type", "destination", "tenant", "from", "to"].some((name) => filter[name]);
  return h("form.search", {
    role: "search",
    onsubmit: (event) => {
      event.preventDefault();
      const values = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, value.trim()]));
      values.from = fromInput(values.from);
      values.to = fromInput(values.to);
      go("events", values);
    },
  },
  h("div.row", {}, fields, h("button.primary", {}, "Search"),
    Object.keys(filter).length > 0 && h("a.button.quiet", { href: link("events") }, "Clear")),
  h("details", { open: isMore }, h("summary", {}, "More filters"), h("div.row", {}, more)));
}

async function search(results, filter, sample, context, state) {
  let next;
  const body = () => results.querySelector("tbody");
  const progress = h("p.faint", { role: "status" });
  const more = h("button.more", { type: "button", hidden: true, onclick: () => attempt(more, () => load()) }, "Show more");

  /** A filter without an index answers with what it found so far: ask on until a page is full. */
  async function load() {
    let found = 0;
    do {
      const page = await get("events", { ...filter, cursor: next, limit: 50 }, context.signal);
      found += page.items.length;
      next = page.next;
      if (page.items.length > 0) {
        if (!body()) show(results, table("Events", columns, [], { leads: true }), progress, more);
        body().append(...page.items.map((event) => tableRow(columns, event)));
      }
      show(progress, next && found < 50 && page.scannedTo ? ["Searching, back to ", moment(page.scannedTo), "…"] : "");
    } while (next && found < 50 && !context.signal.aborted);
    more.hidden = !next;
    return found;
  }

  show(results, progress, more);
  if (await load() === 0) show(results, nothing(filter, sample), progress);
  if (!filter.q && !filter.status && !filter.destination && !filter.to && !filter.from) watch(results, filter, context, state);
}

function nothing(filter, sample) {
  return Object.keys(filter).length > 0
    ? empty("No event is like that", "Take a filter away, or look further back. Settled events are kept as long as archive.ttlSeconds says.")
    : empty("No events yet", "Send a signed sample delivery: ", h("code", {}, `webhook-gateway send ${sample}`), " – it appears here as it arrives.");
}

// MARK: Live

const liveness = { live: "Live", waiting: "Connecting…", busy: "Not live: too many watch" };

function watch(results, filter, { signal }, state) {
  const known = new Set([...results.querySelectorAll("tbody a")].map((anchor) => anchor.getAttribute("href")));
  const waiting = [];
  const banner = h("button.banner", { type: "button", hidden: true, onclick: () => { flush(); } });

  /** Rows come in by themselves, but not under the pointer, and not for who has scrolled down. */
  function flush() {
    if (!results.querySelector("tbody")) show(results, table("Events", columns, [], { leads: true }));
    const body = results.querySelector("tbody");
    body.prepend(...waiting.splice(0).reverse().map((event) => tableRow(columns, event, "fresh")));
    while (body.rows.length > mostLive) {
      known.delete(body.lastElementChild.querySelector("a").getAttribute("href"));
      body.lastElementChild.remove();
    }
    banner.hidden = true;
  }

  function take(event) {
    const address = link(["events", event.id]);
    if (known.has(address)) return;
    known.add(address);
    waiting.push(event);
    if (waiting.length > mostLive) known.delete(link(["events", waiting.shift().id]));
    if (window.scrollY < 240 && !results.matches(":hover") && !results.contains(document.activeElement)) flush();
    else {
      banner.hidden = false;
      banner.textContent = `Show ${counted(waiting.length, "new event")}`;
    }
  }

  results.before(banner);
  const newest = () => get("events", { ...filter, limit: 50 }, signal).catch(() => ({ items: [] }));
  listen({ source: filter.source, type: filter.type, tenant: filter.tenant }, {
    take,
    tell: (now) => show(state, h(`span.dot.${now}`), liveness[now]),
    resumed: async () => (await newest()).items.reverse().forEach(take),
  }, signal);

  // A row that came in while it was under way shows how it ended.
  const timer = setInterval(async () => {
    if (document.hidden || !results.querySelector(".badge.wait, .badge.calm")) return;
    for (const event of (await newest()).items) {
      const anchor = results.querySelector(`a[href="${CSS.escape(link(["events", event.id]))}"]`);
      const cell = anchor?.closest("tr").cells[statusAt];
      if (cell) show(cell, columns[statusAt].cell(event));
    }
  }, 3000);
  signal.addEventListener("abort", () => clearInterval(timer));
}
