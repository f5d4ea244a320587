// Replays of many events: plan, begin, watch.

import { get, part, post } from "./api.js";
import { add, h, show } from "./dom.js";
import { attempt, tell } from "./notes.js";
import { paged } from "./paging.js";
import { badge, check, empty, facts, field, heading, select, table } from "./parts.js";
import { refreshed } from "./refresh.js";
import { go, link } from "./router.js";
import { may } from "./session.js";
import { bytes, counted, number } from "./text.js";
import { ago, exact, fromInput, moment, span, toInput } from "./time.js";

const filterNames = ["source", "type", "status", "destination", "tenant", "from", "to"];
const live = ["planning", "running", "paused"];

export async function draw(holder, context) {
  if (context.path.length > 0) {
    await drawOne(holder, context);
    return;
  }
  const isPlanning = Boolean(context.parameters.plan);
  add(holder, heading("Replays", "Send archived events once more, paced and resumable. Their ids stay."));
  if (may("operator")) add(holder, await plan(context, isPlanning));
  const list = await paged((cursor) => get("replays", { cursor, limit: 50 }, context.signal), (items) => table("Replays", columns, items, { leads: true }));
  add(holder, list ?? empty("No replays yet", may("operator") ? "Choose what to send above, or a single event under Events." : "They stand here once somebody begins one."));
}

const columns = [
  { title: "Begun", cell: (job) => h("a", { href: link(["replays", job.id]) }, moment(job.createdAt)) },
  { title: "By", kind: "second", cell: (job) => job.who },
  { title: "What", kind: "third", cell: (job) => filterText(job.filter) },
  { title: "Progress", cell: (job) => progress(job) },
  { title: "Failed", kind: "number second", cell: (job) => number(job.failed) },
  { title: "State", cell: (job) => badge(job.state) },
];

const filterText = (filter) => {
  const parts = Object.entries(filter ?? {}).map(([name, value]) => `${name} ${value}`);
  return parts.length > 0 ? parts.join(", ") : "everything";
};

function progress(job) {
  const done = job.done + job.skipped + job.failed;
  return h("span.progress", {}, h("progress", { max: String(Math.max(1, job.total)), value: String(done), "aria-label": "Progress" }),
    h("span.faint", {}, `${number(done)} of ${number(job.total)}`));
}

// MARK: Plan

async function plan({ parameters, signal }, isOpen) {
  const [{ items: sources }, { items: destinations }] = await Promise.all([get("sources", {}, signal), get("destinations", {}, signal)]);
  const outcome = h("div", { "aria-live": "polite" });
  const preview = h("button", { type: "submit" }, "Preview");
  const form = h("form.card", {
    onsubmit: (event) => {
      event.preventDefault();
      attempt(preview, async () => {
        const order = orderOf(form);
        const told = await post("replays", { ...order, dryRun: true });
        show(outcome, planned(told, order));
      });
    },
    oninput: () => show(outcome),
  },
  h("div.row.thirds", {},
    field("Source", select("source", [["", "Any"], ...sources.map((item) => item.source)], parameters.source)),
    field("Type", h("input", { name: "type", value: parameters.type ?? "", placeholder: "payment.*", maxlength: "200" })),
    field("Status", select("status", [["", "Any"], "delivered", "partly", "dead", "discarded", "skipped"], parameters.status)),
    field("Had to do with", select("destination", [["", "Any"], ...destinations.map((item) => item.destination)], parameters.destination)),
    field("From", h("input", { type: "datetime-local", name: "from", value: toInput(parameters.from) })),
    field("To", h("input", { type: "datetime-local", name: "to", value: toInput(parameters.to) }))),
  h("div.row", {},
    field("Send to", select("target", [["", "All that want it"], ...destinations.filter((item) => item.enabled).map((item) => [item.destination, `Only ${item.destination}`])], "")),
    field("Mapping", select("mapping", [["original", "As it was then"], ["current", "Mapped anew"]], "original")),
    field("Events a second", h("input", { type: "number", name: "rate", min: "1", max: "10000", value: "100", required: true })),
    field("Failures that pause it", h("input", { type: "number", name: "errorBudget", min: "0", max: "1000000", value: "100", required: true }))),
  check("As new events", h("input", { type: "checkbox", name: "force" }), "With another deduplication key, so that destinations do not drop them as known."),
  h("div.buttons", {}, preview),
  outcome);
  return h("details.plan", { open: isOpen }, h("summary.button", {}, "New replay"), form);
}

function orderOf(form) {
  const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  values.from = fromInput(values.from);
  values.to = fromInput(values.to);
  return {
    filter: Object.fromEntries(filterNames.filter((name) => values[name]).map((name) => [name, values[name]])),
    destinations: values.target ? [values.target] : undefined,
    mapping: values.mapping, force: values.force === "on", rate: Number(values.rate), errorBudget: Number(values.errorBudget),
  };
}

function planned(told, order) {
  if (told.events === 0) return h("p.told", {}, "No event is like that: nothing would be sent.");
  const key = crypto.randomUUID();
  const button = h("button.primary", { type: "button", onclick: () => attempt(button, async () => {
    const job = await post("replays", order, { "Idempotency-Key": key });
    tell("The replay has begun.");
    go(["replays", job.id]);
  }) }, `Replay ${counted(told.events, "event")}`);
  return h("div.told", {},
    facts([["Events", number(told.events)], ["Bytes", bytes(told.bytes)], ["Oldest", moment(told.oldest)], ["Newest", moment(told.newest)],
      ["Deliveries", number(told.total)], ["Takes about", span(Math.ceil(told.total / told.rate))]]), button);
}

// MARK: One

async function drawOne(holder, context) {
  const [id] = context.path;
  add(holder, h("a.back", { href: link("replays") }, "← Replays"));
  await refreshed(holder, context, async () => {
    const job = await get(`replays/${part(id)}`, {}, context.signal);
    return [
      heading(`Replay of ${filterText(job.filter)}`, null, badge(job.state), may("operator") && live.includes(job.state) && switches(job, context)),
      h("section.card", {}, progress(job), job.reason && h("p.error", {}, job.reason), facts([
        ["Begun", exact(job.createdAt)], ["By", job.who], ["Ended", job.endedAt && ago(job.endedAt)],
        ["Events", number(job.events)], ["Bytes", bytes(job.bytes)], ["Oldest", moment(job.oldest)], ["Newest", moment(job.newest)],
        ["To", job.destinations.length > 0 ? job.destinations.join(", ") : `queue ${job.queue ?? "events"}`],
        ["Mapping", job.mapping], ["Pace", `${number(job.rate)} a second`],
        ["Sent", number(job.done)], ["Still waiting there", number(job.skipped)], ["Failed", `${number(job.failed)} (pauses above ${number(job.errorBudget)})`],
      ])),
    ];
  });
}

const switches = (job, { redraw }) => [job.state === "paused" ? "Resume" : "Pause", "Cancel"].map((verb) => h(verb === "Cancel" ? "button.quiet" : "button", {
  type: "button", onclick: (event) => attempt(event.currentTarget, async () => {
    await post(`replays/${part(job.id)}/${verb.toLowerCase()}`);
    await redraw();
  }),
}, verb));
