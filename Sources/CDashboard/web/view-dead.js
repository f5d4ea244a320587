// Dead letters: groups by what went wrong, and what mends them.

import { get, post } from "./api.js";
import { add, h } from "./dom.js";
import { attempt, confirmed, tell } from "./notes.js";
import { paged } from "./paging.js";
import { empty, heading, table } from "./parts.js";
import { link } from "./router.js";
import { may, seesAll } from "./session.js";
import { counted, number, words } from "./text.js";
import { ago, moment } from "./time.js";

export async function draw(holder, context) {
  const { parameters } = context;
  const filter = Object.fromEntries(["destination", "queue", "category", "source", "type", "group"]
    .filter((name) => parameters[name]).map((name) => [name, parameters[name]]));
  if (filter.group) await drawGroup(holder, filter, context);
  else await drawGroups(holder, filter, context);
}

// MARK: Groups

async function drawGroups(holder, filter, context) {
  const { items, letters, complete } = await get("dead/groups", filter, context.signal);
  const isFiltered = Object.keys(filter).length > 0;
  add(holder, heading("Dead letters",
    items.length > 0 ? `${counted(letters, "letter")}${complete ? "" : " looked at, there are more"}, by what went wrong.`
      : "Events that could not be delivered, and deliveries that could not be mapped."));
  if (isFiltered) {
    add(holder, h("p.filters", {}, Object.entries(filter).map(([name, value]) => h("span.chip", {}, `${name}: ${value}`)),
      h("a", { href: link("dead") }, "Show all")));
  }
  if (items.length === 0) {
    add(holder, empty(isFiltered ? "Nothing like that is dead" : "Nothing is dead",
      isFiltered ? "Look at all dead letters, or at the events themselves." : "When a destination refuses an event for good, it lands here, with what usually mends it."));
    return;
  }
  add(holder, h("ul.groups", {}, items.map((group) => h("li", {}, groupCard(group, context)))));
}

const placeName = (place) => place.replace(/^queue:/, "queue ");

/** What the letters of a group have in common, as a sentence; what differs is left out. */
const reasonOf = (group) => {
  const text = group.reason === group.sample.reason ? group.reason : group.reason.replace(/#/g, "…");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

function groupCard(group, context, isOpen = false) {
  return h("article.card.group", { "aria-label": `${group.place}: ${reasonOf(group)}` },
    h("header", {},
      h("div", {}, h("p.eyebrow", {}, h("strong", {}, placeName(group.place)), " · ", words(group.category)),
        h("h2", {}, isOpen ? "What mends it" : h("a", { href: link("dead", { group: group.group }) }, reasonOf(group)))),
      h("p.count", {}, h("strong", {}, number(group.count)), h("span", {}, group.count === 1 ? "letter" : "letters"))),
    h("p.advice", {}, group.actionText),
    h("footer", {},
      h("p.seen", {}, group.count > 1 ? ["First ", ago(group.firstSeen), ", last ", ago(group.lastSeen), ", the newest a "] : [ago(group.lastSeen), ", a "],
        h("a", { href: link(["events", group.sample.event]) }, group.sample.type ?? group.sample.event)),
      h("div.buttons", {}, mending(group), may("operator") && changes({ group: group.group }, group.count, context))));
}

/** A link to where the usual remedy is. */
function mending(group) {
  if (group.action === "mendDelivery") return h("a.button", { href: link(["events", group.sample.event]) }, "Look at the bytes");
  if (group.quarantined && group.sample.source && seesAll()) {
    return h("a.button", { href: link(["mappings", group.sample.source], { event: group.sample.event }) }, "Mend the mapping");
  }
  return group.place.startsWith("queue:") ? h("a.button", { href: link("queues") }, "Queue")
    : h("a.button", { href: link("destinations") }, "Test the destination");
}

function changes(filter, count, context) {
  return [
    h("button.primary", { type: "button", onclick: (event) => change(event.currentTarget, "retry", { filter }, count, context) },
      count === 1 ? "Retry" : `Retry all ${number(count)}`),
    h("button.quiet", { type: "button", onclick: (event) => change(event.currentTarget, "discard", { filter }, count, context) },
      count === 1 ? "Discard" : "Discard all"),
  ];
}

async function change(button, verb, selection, count, { redraw }) {
  const question = verb === "discard"
    && !await confirmed(`Discard ${counted(count, "dead letter")}?`, "They are given up for good; the ledger counts them as discarded.", "Discard", { dangerous: true });
  if (question) return;
  await attempt(button, async () => {
    const { changed, refusedCount, refused } = await post(`dead/${verb}`, selection);
    const done = verb === "retry" ? "on the way again" : "discarded";
    if (refusedCount === 0) tell(`${counted(changed, "dead letter")} ${done}.`);
    else tell(`${number(changed)} ${done}; ${number(refusedCount)} left alone: ${refused[0]?.reason ?? ""}`, "bad");
    await redraw();
  });
}

// MARK: One group

async function drawGroup(holder, filter, context) {
  const { items: [group] } = await get("dead/groups", filter, context.signal);
  const back = h("a.back", { href: link("dead") }, "← Dead letters");
  if (!group) {
    add(holder, back, heading("Dead letters"), empty("This group is empty now", "All of its letters were taken up again or discarded."));
    return;
  }
  const chosen = new Set();
  const buttons = h("div.buttons.selection");
  const mark = () => {
    for (const button of buttons.querySelectorAll("button")) button.disabled = chosen.size === 0;
    buttons.querySelector("span").textContent = `${chosen.size} chosen`;
  };
  const columns = [
    may("operator") && { title: "", kind: "tick", cell: (letter) => h("input", {
      type: "checkbox", "aria-label": `Choose ${letter.event}`,
      onchange: ({ target }) => { chosen[target.checked ? "add" : "delete"](letter.id); mark(); },
    }) },
    { title: "Died", kind: "second", cell: (letter) => moment(letter.deadAt) },
    { title: "Event", cell: (letter) => h("span", {}, h("a.clip", { href: link(["events", letter.event]) }, letter.type ?? letter.event),
      h("span.under.narrow", {}, moment(letter.deadAt), letter.source && ` · ${letter.source}`)) },
    { title: "Event id", kind: "third", cell: (letter) => h("code", {}, letter.event) },
    { title: "Source", kind: "second", cell: (letter) => letter.source ?? "–" },
    { title: "Attempts", kind: "number second", cell: (letter) => number(letter.attempts) },
    { title: "Answer", kind: "number", cell: (letter) => letter.httpStatus ?? "–" },
    group.reason !== group.sample.reason && { title: "Reason", kind: "third", cell: (letter) => h("span.clip", { title: letter.reason }, letter.reason) },
  ].filter(Boolean);
  const list = await paged((cursor) => get("dead", { group: group.group, cursor, limit: 100 }, context.signal),
    (items) => table("Dead letters of the group", columns, items));
  for (const verb of ["Retry", "Discard"]) {
    buttons.append(h(verb === "Retry" ? "button" : "button.quiet", { type: "button", disabled: true,
      onclick: (event) => change(event.currentTarget, verb.toLowerCase(), { ids: [...chosen] }, chosen.size, context) }, `${verb} chosen`));
  }
  buttons.prepend(h("span.faint", { role: "status" }, "0 chosen"));
  add(holder, back, heading(reasonOf(group)), groupCard(group, context, true),
    h("h2", {}, "Letters"), may("operator") ? buttons : "", list ?? "");
}
