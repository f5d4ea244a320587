// What integrations can be made of: providers that events come from, destinations that they go to.

import { get } from "./api.js";
import { add, h, show } from "./dom.js";
import { empty, field, heading, select } from "./parts.js";
import { link, note } from "./router.js";
import { counted } from "./text.js";

const categories = ["payment", "commerce", "POS", "CRM", "e-mail", "social", "analytics", "warehouse", "developer"];
const shelfNames = { source: "Where events come from", destination: "Where events go" };

export async function drawGallery(holder, { parameters, signal }) {
  const search = h("input", { type: "search", name: "q", autocomplete: "off", placeholder: "Stripe, warehouse, pixel …", value: parameters.q ?? "" });
  const category = select("category", [["", "All categories"], ...categories.map((one) => [one, title(one)])], parameters.category);
  const found = h("p.faint", { role: "status" });
  const results = h("div.shelves", {});
  const all = await cards(signal);
  const redraw = () => {
    const chosen = choose(all, search.value.trim().toLowerCase(), category.value);
    show(found, summary(chosen));
    show(results, shelves(chosen));
    note(["integrations", "new"], { q: search.value.trim(), category: category.value });
  };
  search.addEventListener("input", redraw);
  category.addEventListener("change", redraw);
  add(holder, heading("Add an integration", "Choose what events come from, or where they go. It works at once, without a restart."),
    h("form.row.find.card", { role: "search", onsubmit: (event) => event.preventDefault() }, field("Search", search), field("Category", category)), found, results);
  redraw();
}

/** A category as people write it; abbreviations stay. */
const title = (category) => category.charAt(0).toUpperCase() + category.slice(1);

/** The first letters of a name, where others would have a logo. */
export const mark = (name, kind) => h(`span.mark.${kind}`, { "aria-hidden": "true" },
  name.split(/[\s(]+/).filter(Boolean).slice(0, 2).map((word) => word.charAt(0).toUpperCase()).join(""));

/** Sources and destinations by one shape. */
async function cards(signal) {
  const [providers, types] = await Promise.all([get("providers", {}, signal), get("destination-types", {}, signal)]);
  return [
    ...providers.items.map((one) => ({ kind: "source", type: one.provider, name: one.name, category: one.category,
      text: [about(one.types), one.lookup && `One source for each ${one.lookup.noun}.`].filter(Boolean).join(" ") })),
    ...types.items.filter((one) => one.manageable)
      .map((one) => ({ kind: "destination", type: one.type, name: one.name, category: one.category, text: one.description })),
  ].sort((left, right) => left.name.localeCompare(right.name));
}

const plurals = { email: "e-mails", inventory: "stock" };
const plural = (noun) => plurals[noun] ?? noun.replace(/([^aeiou])y$/, "$1ie") + "s";

/** What events are about, by the first part of their types. */
function about(types) {
  const nouns = [...new Set(types.map((type) => type.split(".")[0]).filter((noun) => /^\w+$/.test(noun)))].map(plural);
  if (nouns.length === 0) return "Any event, under its own type.";
  const shown = nouns.slice(0, 4);
  return `Events about ${list(shown)}${nouns.length > shown.length ? " and more" : ""}.`;
}

const list = (nouns) => new Intl.ListFormat("en", { type: nouns.length > 3 ? "unit" : "conjunction" }).format(nouns);

const choose = (all, word, category) => all.filter((one) => (!category || one.category === category)
  && (!word || `${one.type} ${one.name} ${one.text} ${one.category}`.toLowerCase().includes(word)));

function summary(found) {
  const count = (kind) => found.filter((one) => one.kind === kind).length;
  return `${counted(count("source"), "source")} and ${counted(count("destination"), "destination")} to choose from`;
}

function shelves(found) {
  if (found.length === 0) {
    return empty("Nothing of that name", "A provider that is not here can be described in a few lines: see docs/add-a-provider.md. A destination of your own takes events by ", h("code", {}, "webhook"), ".");
  }
  return Object.keys(shelfNames).map((kind) => {
    const own = found.filter((one) => one.kind === kind);
    return own.length > 0 && h("section.stack", { "aria-label": shelfNames[kind] }, h("h2", {}, shelfNames[kind]),
      h("ul.cards.gallery", {}, own.map((one) => h("li", {}, h("a", { href: link(["integrations", "new", one.kind, one.type]) },
        mark(one.name, one.kind), h("h3", {}, one.name), h("span.under", {}, title(one.category)), h("p", {}, one.text))))));
  });
}
