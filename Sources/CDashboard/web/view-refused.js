// Refused deliveries: why they were not accepted, and accepting them once the reason is mended.

import { address, get, part, post, raw, remove } from "./api.js";
import { add, h } from "./dom.js";
import { code, readable } from "./json-view.js";
import { attempt, confirmed, tell } from "./notes.js";
import { paged } from "./paging.js";
import { badge, copyable, empty, facts, heading, table } from "./parts.js";
import { link } from "./router.js";
import { may } from "./session.js";
import { bytes, counted, number, words } from "./text.js";
import { exact, moment } from "./time.js";

export async function draw(holder, context) {
  if (context.path[0]) await drawOne(holder, context);
  else await drawList(holder, context);
}

/** How a refusal stands by the configuration of now. */
function standing(refusal) {
  if (refusal.events) return badge("done", "Accepted");
  return refusal.acceptable ? badge("ok", "Can be accepted") : badge("failed", "Still refused");
}

// MARK: List

async function drawList(holder, { parameters, signal, redraw }) {
  const filter = Object.fromEntries(["source", "reason"].filter((name) => parameters[name]).map((name) => [name, parameters[name]]));
  const isFiltered = Object.keys(filter).length > 0;
  const list = await paged((cursor) => get("refusals", { ...filter, cursor, limit: 100 }, signal),
    (items) => table("Refused deliveries", columns, items, { leads: true }));
  add(holder, heading("Refused", "Deliveries that could not be proved authentic. Some of each source are kept for three days: see why, mend the secret, accept them.",
    list && may("operator") && h("button.primary", { type: "button", onclick: (event) => acceptAll(event.currentTarget, filter, redraw) }, "Accept all that prove now")));
  if (isFiltered) {
    add(holder, h("p.filters", {}, Object.entries(filter).map(([name, value]) => h("span.chip", {}, `${name}: ${value}`)),
      h("a", { href: link("refused") }, "Show all")));
  }
  add(holder, list ?? empty(isFiltered ? "Nothing like that was refused" : "Nothing was refused",
    isFiltered ? "Look at all refused deliveries, or at the sources."
      : "When a delivery's signature, secret or address is wrong, it lands here, with the likely cause."));
}

const columns = [
  { title: "Refused", cell: (refusal) => moment(refusal.refusedAt) },
  { title: "Source", cell: (refusal) => h("a", { href: link(["refused", refusal.id]) }, h("strong", {}, refusal.source)) },
  { title: "Reason", kind: "second", cell: (refusal) => words(refusal.reason) },
  { title: "From", kind: "second", cell: (refusal) => refusal.peer ?? "–" },
  { title: "Size", kind: "number third", cell: (refusal) => bytes(refusal.bodyBytes) },
  { title: "Now", cell: standing },
];

async function acceptAll(button, filter, redraw) {
  await attempt(button, async () => {
    const { accepted, events, refusedCount } = await post("refusals/accept", { filter });
    if (accepted === 0) tell(refusedCount > 0 ? `None proves authentic by the configuration of now; ${number(refusedCount)} stay refused.` : "There is nothing left to accept.", refusedCount > 0 ? "bad" : "good");
    else tell(`${counted(accepted, "delivery", "deliveries")} accepted, ${counted(events, "new event")}${refusedCount > 0 ? `; ${number(refusedCount)} stay refused` : ""}.`);
    await redraw();
  });
}

// MARK: One

async function drawOne(holder, context) {
  const [id] = context.path;
  const refusal = await get(`refusals/${part(id)}`, {}, context.signal);
  add(holder, h("a.back", { href: link("refused") }, "← Refused"),
    heading(`Refused: ${words(refusal.reason).toLowerCase()}`, null, standing(refusal)),
    h("div.columns", {},
      h("section.card", { "aria-label": "Why" }, h("h2", {}, "Why"), h("div.why", {}, why(refusal)), h("div.buttons", {}, changes(refusal, context))),
      h("section.card", { "aria-label": "About it" }, h("h2", {}, "About it"), facts([
        ["Source", h("a", { href: link("refused", { source: refusal.source }) }, refusal.source)],
        ["Request", copyable(refusal.id)], ["When", exact(refusal.refusedAt)], ["From", refusal.peer],
        ["Answered", String(refusal.httpStatus)], ["Size", bytes(refusal.bodyBytes)], ["Tenant", refusal.tenant],
      ], "facts.lines"))),
    await asItCame(refusal));
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

function why(refusal) {
  if (refusal.events) {
    return [h("p", {}, "It was accepted after all."),
      refusal.events.length > 0 ? h("ul", {}, refusal.events.map((event) => h("li", {}, h("a", { href: link(["events", event]) }, event))))
        : h("p", {}, "There was no event in it.")];
  }
  if (refusal.acceptable) {
    return h("p", {}, refusal.secret > 0 ? `It proves authentic now, by secret ${refusal.secret}.` : "It proves authentic now, by its address.");
  }
  return [h("p.error", {}, sentence(refusal.explanation)),
    h("p.faint", {}, "Mend the source in the configuration and reload it (SIGHUP); then look here again.")];
}

function changes(refusal, { redraw }) {
  if (!may("operator")) return null;
  const path = `refusals/${part(refusal.id)}`;
  return [
    !refusal.events && h("button.primary", { type: "button", disabled: !refusal.acceptable, onclick: (event) => attempt(event.currentTarget, async () => {
      const { events } = await post(`${path}/accept`);
      const isNew = events.some((item) => !item.duplicate);
      tell(isNew ? "The delivery is accepted, and its event is on its way." : "The delivery is accepted; its event was there already.");
      await redraw();
    }) }, "Accept"),
    h("button.quiet", { type: "button", onclick: async (event) => {
      const button = event.currentTarget;
      if (!await confirmed("Discard this refused delivery?", "It is forgotten; unless the provider delivers it again, it is lost.", "Discard", { dangerous: true })) return;
      await attempt(button, async () => {
        await remove(path);
        tell("The refused delivery is discarded.");
        location.hash = link("refused");
      });
    } }, "Discard"),
  ];
}

async function asItCame(refusal) {
  const head = code([`${refusal.method} ${refusal.target}`, ...refusal.headers.map(([name, value]) => `${name}: ${value}`)].join("\n"), "Request");
  if (refusal.body !== "kept") {
    const reasons = { too_large: "It was too large to be kept.", withheld: "It holds what nobody may keep.", accepted: "It is with its event now." };
    return h("section", { "aria-label": "As it came" }, h("h2", {}, "As it came"), head, h("p.faint", {}, reasons[refusal.body]));
  }
  const path = `refusals/${part(refusal.id)}/raw`;
  const { bytes: body } = await raw(path, 65_536);
  const text = readable(body);
  return h("section", { "aria-label": "As it came" },
    h("div.columnhead", {}, h("h2", {}, "As it came"), h("a.button", { href: address(path), download: `${refusal.id}.bin` }, "Download")),
    head, text ? code(text.text, "Raw body", text.isJSON) : h("p.empty", {}, "The body is no text: download it."));
}
