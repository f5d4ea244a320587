// One event: how it came, what was made of it, where it went, each attempt.

import { address, get, part, post, raw } from "./api.js";
import { add, h, show } from "./dom.js";
import { code, jsonView, readable } from "./json-view.js";
import { attempt, tell } from "./notes.js";
import { badge, check, copyable, facts, field, heading, select } from "./parts.js";
import { link } from "./router.js";
import { may, seesAll } from "./session.js";
import { bytes, number, words } from "./text.js";
import { exact, later } from "./time.js";

const mostRaw = 262_144;
const ended = new Set(["delivered", "partly", "dead", "discarded", "skipped", "quarantined"]);

export async function draw(holder, context) {
  const id = context.path[0];
  const event = await get(`events/${part(id)}`, {}, context.signal);
  const state = h("div.state");
  add(holder, h("a.back", { href: link("events") }, "← Events"), state);
  drawState(state, event, context);
  add(holder, await sideBySide(event, context));
  follow(state, event, context);
}

/** Asks again as long as it is under way. */
function follow(state, event, context) {
  if (ended.has(event.status)) return;
  const timer = setInterval(async () => {
    if (document.hidden || state.contains(document.activeElement)) return;
    const fresh = await get(`events/${part(event.id)}`, {}, context.signal).catch(() => null);
    if (!fresh) return;
    if (fresh.status !== event.status || fresh.attempts.length !== event.attempts.length) drawState(state, fresh, context);
    if (ended.has(fresh.status)) clearInterval(timer);
  }, 2000);
  context.signal.addEventListener("abort", () => clearInterval(timer));
}

function drawState(state, event, context) {
  show(state,
    heading(event.type, [event.metadata.source, " · received ", exact(event.receivedAt)], badge(event.status)),
    h("div.columns", {},
      h("section.card", { "aria-label": "About it" }, h("h2", {}, "About it"), facts([
        ["Event", copyable(event.id)],
        ["Provider's id", event.providerId && copyable(event.providerId)],
        ["Provider's type", event.providerType],
        ["Source", h("a", { href: link("events", { source: event.metadata.source }) }, event.metadata.source)],
        ["Subject", event.subject], ["Tenant", event.tenant],
        ["From", event.metadata.peer], ["Secret", event.metadata.secret && `number ${event.metadata.secret}`],
        ["Size", bytes(event.bodyBytes)], ["Replay", event.event?.replay],
        ["Why quarantined", event.metadata.reason && h("span.error", {}, event.metadata.reason)],
      ], "facts.lines"), event.status === "quarantined" && seesAll()
        && h("p", {}, h("a.button", { href: link(["mappings", event.metadata.source], { event: event.id }) }, "Mend the mapping")),
      may("operator") && replayForm(event, context)),
      h("section.card", { "aria-label": "Timeline" }, h("h2", {}, "Timeline"), timeline(event))));
}

// MARK: Timeline

const outcomes = {
  dead: "It is not tried again by itself.", retrying: "It is tried again by itself.", waiting: "Its turn has not come.",
  skipped: "The destination's filter leaves it out, or it was disabled.", discarded: "Somebody gave it up.",
};

function timeline(event) {
  const steps = [
    step("good", "Received", exact(event.receivedAt, event.receivedAt), `${bytes(event.bodyBytes)} from ${event.metadata.peer ?? "the provider"}, authentic by secret ${event.metadata.secret ?? "–"}`),
    ...event.attempts.map((item) => attemptStep(item, event)),
    ...event.destinations.filter((item) => item.status !== "delivered").map((item) =>
      step(item.status === "dead" ? "bad" : "wait", `${item.destination}: ${words(item.status).toLowerCase()}`, null,
        outcomes[item.status], item.status === "dead" && h("p", {}, h("a", { href: link("dead", { destination: item.destination }) }, "Dead letters of it")))),
  ];
  if (event.status === "quarantined") steps.push(step("bad", "Quarantined", null, event.metadata.reason ?? "It could not be made an event."));
  if (event.status === "queued") steps.push(step("wait", "On its queue", null, "No destination has heard of it yet."));
  if (event.status === "skipped") steps.push(step("wait", "Skipped", null, "No destination wanted it: see their filters."));
  return h("ol.timeline", {}, steps);
}

const step = (kind, title, time, text, ...more) => h(`li.${kind}`, {},
  h("p.step", {}, h("strong", {}, title), time && h("span.faint", {}, time instanceof Node ? time : exact(time))), text && h("p", {}, text), more);

function attemptStep(item, event) {
  const failed = item.category !== undefined;
  const title = failed ? `${item.destination}: attempt ${item.attempt} failed` : `${item.destination}: delivered`;
  const told = [item.status && `HTTP ${item.status}`, `${number(item.milliseconds)} ms`, failed && words(item.category)].filter(Boolean).join(" · ");
  const when = h("span", {}, `+${later(item.time, event.receivedAt)} · `, exact(item.time, event.receivedAt));
  return step(failed ? "bad" : "good", title, when, told,
    item.unverifiable && h("p.faint", {}, "Its answer does not prove that the event was taken."),
    item.reason && h("p.error", {}, item.reason),
    (item.request || item.answer) && h("details", {}, h("summary", {}, "Request and answer"),
      item.request && [h("h3", {}, "Request"), code(asText(item.request), "Request")],
      item.answer && [h("h3", {}, "Answer"), code(asText(item.answer), "Answer")]));
}

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

// MARK: Raw beside normalised

async function sideBySide(event, context) {
  const download = address(`events/${part(event.id)}/raw`);
  const { bytes: body, length } = await raw(`events/${part(event.id)}/raw`, mostRaw);
  const text = length <= mostRaw ? readable(body) : { text: new TextDecoder().decode(body), isJSON: false };
  const { headers } = event.metadata;
  const fields = Array.isArray(headers) ? headers : Object.entries(headers ?? {});
  return h("div.columns", {},
    h("section", { "aria-label": "As it came" },
      h("div.columnhead", {}, h("h2", {}, "As it came"), h("a.button", { href: download, download: `${event.id}.bin` }, "Download")),
      fields.length > 0 && h("details", {}, h("summary", {}, `${fields.length} header fields`),
        code(fields.map(([name, value]) => `${name}: ${value}`).join("\n"), "Header fields")),
      text ? code(text.text, "Raw body", text.isJSON) : h("p.empty", {}, "The body is no text: download it."),
      length > mostRaw && h("p.faint", {}, `The first ${bytes(mostRaw)} of ${bytes(length)}.`)),
    h("section", { "aria-label": "As an event" },
      h("div.columnhead", {}, h("h2", {}, "As an event"),
        seesAll() && h("a.button", { href: link(["mappings", event.metadata.source], { event: event.id }) }, "Mapping")),
      jsonView(event.event, "Event")));
}

// MARK: Replay

function replayForm(event, { redraw }) {
  const to = select("to", [["", "All that want it"], ...event.destinations.map((item) => [item.destination, `Only ${item.destination}`])], "");
  const mapping = select("mapping", [["original", "As it was then"], ["current", "Mapped anew"]], "original");
  const force = h("input", { type: "checkbox" });
  const button = h("button.primary", {}, "Replay");
  return h("form.replay", {
    onsubmit: (submitted) => {
      submitted.preventDefault();
      attempt(button, async () => {
        const { replay } = await post(`events/${part(event.id)}/replay`, { destination: to.value || undefined, mapping: mapping.value, force: force.checked });
        tell(`The event is on its way again, marked as replay ${replay}.`);
        setTimeout(redraw, 800);
      });
    },
  }, h("h3", {}, "Replay"), h("div.row", {}, field("To", to), field("Mapping", mapping)),
  check("As a new event", force, "The id stays, so destinations drop a second copy; as a new event it has another deduplication key."),
  h("div.buttons", {}, button));
}
