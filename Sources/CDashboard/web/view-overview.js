// How the installation is doing: what is wrong first, then figures, then the books.

import { get } from "./api.js";
import { columns, flow, spark } from "./chart.js";
import { add, h } from "./dom.js";
import { badge, empty, heading, prose } from "./parts.js";
import { refreshed } from "./refresh.js";
import { link } from "./router.js";
import { counted, number, short } from "./text.js";
import { standing } from "./view-destinations.js";

const ranges = { hour: { minutes: 60, step: 1 }, day: { minutes: 1440, step: 15 }, week: { minutes: 10_080, step: 120 } };
const refusals = ["missing", "malformed", "mismatch", "expired", "address_not_allowed", "too_large", "bad_request", "rate_limited", "address_limited", "tenant_limited", "unavailable", "queue_full"];
const tones = ["tone-1", "tone-2", "tone-3", "tone-4", "tone-5"];
/** So many problems are seen at once; the figures below them matter, too. */
const mostProblems = 4;

export async function draw(holder, context) {
  const range = ranges[context.parameters.range] ? context.parameters.range : "hour";
  add(holder, heading("Overview", null, h("nav.segments", { "aria-label": "Time" }, Object.keys(ranges).map((name) =>
    h("a", { href: link("", { range: name }), "aria-current": name === range && "true" }, `Last ${name}`)))));
  await refreshed(holder, context, () => content(ranges[range], context.signal));
}

async function content({ minutes, step }, signal) {
  // On a step's bound, so that columns do not wander from one look to the next.
  const end = Math.floor(Date.now() / 60_000 / step) * step + (step > 1 ? step : 0);
  const from = new Date((end - minutes) * 60_000).toISOString();
  const [health, stats, ledger, { items: destinations }, { items: tenants }] = await Promise.all([
    get("health", {}, signal), get("stats", { from, step }, signal), get("ledger", {}, signal), get("destinations", {}, signal), get("tenants", { limit: 500 }, signal),
  ]);
  return [state(health), tiles(stats, health), charts(stats), standings(destinations), limits(tenants), books(ledger)];
}

// MARK: State

function state(health) {
  const titles = { ok: "All is well", degraded: "Something needs a look", down: "Deliveries are turned away" };
  return h(`section.state.${health.status}`, { "aria-label": "State" },
    h("div.statehead", {}, h("h2", {}, titles[health.status]), h("span.hint", {}, `Version ${health.version}`)),
    problems(health.problems.slice(0, mostProblems)),
    health.problems.length > mostProblems && h("details", {},
      h("summary", {}, `${number(health.problems.length - mostProblems)} more`), problems(health.problems.slice(mostProblems))));
}

const problems = (list) => list.length > 0 && h("ul.problems", {}, list.map((problem) => h("li", {}, badge(problem.severity),
  h("div", {}, h("p", {}, prose(problem.what)), h("p.faint", {}, prose(advice(problem)))), remedy(problem))));

/** What to do, without the address of the API where there is a page. */
const advice = ({ action }) => (action.includes("Dead letters") ? "Look at what went wrong, mend it, and retry them together." : action);

/** The page where a problem is mended. */
function remedy({ what, action }) {
  if (action.includes("Dead letters")) return h("a", { href: link("dead") }, "Dead letters →");
  if (what.startsWith("The queue")) return h("a", { href: link("queues") }, "Queues →");
  if (what.startsWith("The circuit") || what.startsWith("The destination")) return h("a", { href: link("destinations") }, "Destinations →");
  return null;
}

// MARK: Figures

const total = (values) => values.reduce((sum, value) => sum + value, 0);

/** The series of one kind and some counters, added up; `died` stands for `died:<category>` too. */
function added(stats, kind, counters) {
  const chosen = stats.series.filter((one) => one.kind === kind && counters.includes(one.counter.split(":")[0]));
  const count = stats.series[0]?.values.length ?? 0;
  return Array.from({ length: count }, (_, index) => chosen.reduce((sum, one) => sum + one.values[index], 0));
}

function tiles(stats, health) {
  const figures = [
    ["Accepted", added(stats, "source", ["accepted"]), "tone-1", "events"],
    ["Delivered", added(stats, "destination", ["done"]), "tone-good", "destinations"],
    ["Duplicates", added(stats, "source", ["duplicate"]), "tone-calm", "sources"],
    ["Refused", added(stats, "source", refusals), "tone-bad", "sources"],
  ];
  return h("ul.tiles", {},
    figures.map(([title, values, tone, page]) => h("li", {}, h("a.tile", { href: link(page) }, h("span.name", {}, title),
      h("span.value", {}, short(total(values))), spark(values.length > 1 ? values : [0, 0], tone)))),
    h("li", {}, h("a.tile", { href: link("queues") }, h("span.name", {}, "Waiting now"), h("span.value", {}, short(health.waiting)), h("span.under", {}, health.spooled > 0 ? `${number(health.spooled)} in the spool` : "queues and lanes"))),
    h("li", {}, h("a.tile", { href: link("dead") }, h("span.name", {}, "Dead now"), h(`span.value${health.dead + health.quarantined > 0 ? ".bad" : ""}`, {}, short(health.dead + health.quarantined)), h("span.under", {}, health.quarantined > 0 ? `${number(health.quarantined)} quarantined` : "nothing quarantined"))));
}

function charts(stats) {
  const from = Date.parse(stats.from);
  const base = { from, stepMinutes: stats.stepMinutes };
  const accepted = largest(stats.series.filter((one) => one.kind === "source" && one.counter === "accepted" && total(one.values) > 0));
  const other = [
    { name: "duplicates", tone: "tone-calm", values: added(stats, "source", ["duplicate"]) },
    { name: "quarantined", tone: "tone-wait", values: added(stats, "source", ["quarantined"]) },
    ...refusals.map((reason) => ({ name: `refused: ${reason.replace(/_/g, " ")}`, tone: "tone-bad", values: added(stats, "source", [reason]) })),
  ].filter((one) => total(one.values) > 0);
  const sent = [
    { name: "delivered", tone: "tone-good", values: added(stats, "destination", ["done"]) },
    { name: "dead", tone: "tone-bad", values: added(stats, "destination", ["died"]) },
  ].filter((one) => total(one.values) > 0);
  if (accepted.length + other.length + sent.length === 0) {
    return empty("No figures for this time", "They come in with each full minute. Send a delivery: ", h("code", {}, "webhook-gateway send stripe"));
  }
  const none = (title) => h("figure.chart", {}, h("figcaption", {}, h("h2", {}, title)), h("p.none", {}, "None in this time."));
  return h("div.charts", {},
    accepted.length > 0 ? columns({ ...base, title: "Accepted, by source", series: accepted }) : none("Accepted, by source"),
    sent.length > 0 ? columns({ ...base, title: "Sent to destinations", series: sent }) : none("Sent to destinations"),
    other.length > 0 ? columns({ ...base, title: "Duplicates and refusals", series: other }) : none("Duplicates and refusals"));
}

/** The largest series each in a colour of its own, the others as one: nobody tells ten colours apart. */
function largest(series) {
  const sorted = series.toSorted((one, other) => total(other.values) - total(one.values));
  const shown = sorted.length > tones.length + 1 ? sorted.slice(0, tones.length) : sorted;
  const rest = sorted.slice(shown.length);
  const named = shown.map((one, index) => ({ name: one.name, tone: tones[index] ?? "tone-calm", values: one.values }));
  return rest.length === 0 ? named : [...named, {
    name: `${rest.length} others`, tone: "tone-calm", values: rest[0].values.map((_, index) => total(rest.map((one) => one.values[index]))),
  }];
}

// MARK: Destinations and books

function standings(destinations) {
  if (destinations.length === 0) return null;
  return h("section", {}, h("h2", {}, "Destinations"), h("ul.standings", {}, destinations.map((item) => h("li", {},
    h("a.standing", { href: link("destinations") }, h("strong", {}, item.destination), standing(item),
      h("span.faint", {}, `${number(item.perMinute)} a minute`, item.counts?.dead > 0 && `, ${number(item.counts.dead)} dead`))))));
}

/** The tenants that may have so many events a minute, and no more. */
function limits(tenants) {
  const limited = tenants.filter(({ events }) => events.perMinute !== null);
  if (limited.length === 0) return null;
  return h("section", {}, h("h2", {}, "Tenants with a limit"), h("ul.standings", {}, limited.map(({ tenant, events }) => h("li", {},
    h("div.standing", {}, h("strong", {}, tenant), events.held > 0 || events.used >= events.perMinute ? badge("warning", "Over its limit") : badge("ok", "Within its limit"),
      h("span.faint", {}, `${number(events.used)} of ${number(events.perMinute)} events a minute`, events.held > 0 && `, ${number(events.held)} held back`))))));
}

function books(ledger) {
  const sound = (item) => item.unaccounted !== 0 && badge("critical", `${number(item.unaccounted)} unaccounted`);
  const parts = (item, rest) => [
    { name: "done", tone: "tone-good", value: item.done }, { name: "waiting", tone: "tone-1", value: item.waiting },
    { name: "in work", tone: "tone-2", value: item.inFlight }, { name: "delayed", tone: "tone-wait", value: item.delayed },
    { name: "discarded", tone: "tone-calm", value: item.discarded }, { name: "dead", tone: "tone-bad", value: item.dead }, ...rest,
  ];
  const rows = [
    ...ledger.queues.map((item) => flow(`Queue ${item.queue}`, item.entered, parts(item, [{ name: "quarantined", tone: "tone-bad", value: item.quarantined }]), sound(item))),
    ...ledger.lanes.map((item) => flow(item.destination, item.entered, parts(item, [{ name: "skipped", tone: "tone-calm", value: item.skipped }]), sound(item))),
  ];
  return h("section.card.books", {}, h("div.statehead", {}, h("h2", {}, "Ledger"),
    ledger.balanced ? badge("ok", "Every event is accounted for") : badge("critical", `${counted(ledger.unaccounted, "event")} unaccounted for`)),
  rows.length > 0 ? rows : h("p.faint", {}, "The first event opens the books."));
}
