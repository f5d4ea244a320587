// What integrations can be made of, and the form for one: made from the registry's card, so that none is written by hand.

import { get, post } from "./api.js";
import { add, h, show } from "./dom.js";
import { badge, empty, field, heading, select } from "./parts.js";
import { link } from "./router.js";
import { seesAll } from "./session.js";
import { words } from "./text.js";

const categories = ["payment", "e-mail", "CRM", "analytics", "social", "warehouse", "POS", "commerce", "developer"];

export async function drawGallery(holder, { signal }) {
  const search = h("input", { type: "search", name: "q", autocomplete: "off", placeholder: "Stripe, warehouse, pixel …" });
  const category = select("category", [["", "all"], ...categories], "");
  const results = h("div.stack", {});
  const all = await cards(signal);
  const redraw = () => show(results, shelves(all, search.value.trim().toLowerCase(), category.value));
  search.addEventListener("input", redraw);
  category.addEventListener("change", redraw);
  add(holder, heading("Add an integration", "Choose what events come from, or where they go."),
    h("form.row.card", { onsubmit: (event) => event.preventDefault() }, field("Search", search), field("Category", category)), results);
  redraw();
}

/** Sources and destinations by one shape. */
async function cards(signal) {
  const [providers, types] = await Promise.all([get("providers", {}, signal), get("destination-types", {}, signal)]);
  return [
    ...providers.items.map((one) => ({ kind: "source", type: one.provider, name: one.name, category: one.category, text: "Receives its webhooks." })),
    ...types.items.filter((one) => one.manageable)
      .map((one) => ({ kind: "destination", type: one.type, name: one.name, category: one.category, text: one.description })),
  ];
}

function shelves(all, word, category) {
  const found = all.filter((one) => (!category || one.category === category)
    && (!word || `${one.type} ${one.name} ${one.text}`.toLowerCase().includes(word)));
  if (found.length === 0) return empty("Nothing of that name", "A provider that is not here can be described in a few lines; see docs/add-a-provider.md.");
  return ["source", "destination"].map((kind) => {
    const own = found.filter((one) => one.kind === kind);
    return own.length > 0 && [h("h2", {}, `${words(kind)}s`), h("ul.cards", {}, own.map((one) => h("li", {},
      h("article.card.destination", {},
        h("header", {}, h("h3", {}, h("a", { href: link(["integrations", "new", one.kind, one.type]) }, one.name)), badge("calm", one.category)),
        h("p", {}, one.text)))))];
  });
}

export async function drawForm(holder, { signal }, kind, type, done) {
  const { items } = await get(kind === "source" ? "providers" : "destination-types", {}, signal);
  const card = items.find((one) => (one.provider ?? one.type) === type);
  if (!card) return add(holder, empty("There is no such type", h("a", { href: link(["integrations", "new"]) }, "Choose another")));
  const form = kind === "source" ? sourceFields(card) : destinationFields(card);
  const name = h("input", { name: "name", required: true, maxlength: "100", autocomplete: "off", value: card.name });
  const tenant = h("input", { name: "tenant", maxlength: "64", autocomplete: "off", placeholder: "default" });
  const told = h("p.problem", { role: "alert" });
  const button = h("button.primary", {}, "Add");
  add(holder, heading(`Add ${card.name}`, card.description ?? `Webhooks from ${card.name}.`),
    card.setup?.length > 0 && h("section.card", {}, h("h2", {}, `At ${card.name}`), h("ol.steps", {}, card.setup.map((step) => h("li", {}, step)))),
    h("form.card.stack", {
      "aria-label": `Add ${card.name}`,
      onsubmit: async (event) => {
        event.preventDefault();
        show(told);
        button.setAttribute("disabled", "");
        try {
          done(await post("integrations", {
            kind, type, name: name.value.trim(), tenant: tenant.value.trim() || undefined, ...form.read(),
          }));
        } catch (problem) {
          show(told, problem.message);
          button.removeAttribute("disabled");
        }
      },
    }, field("Name", name), seesAll() && field("Tenant", tenant), form.fields, told, h("div.actions", {}, button)));
}

/** A field for each credential that the card names. */
function credentialFields(credentials, areRequired) {
  const inputs = credentials.map((one) => [one, h("input", {
    name: one.name, type: one.sensitive ? "password" : "text", autocomplete: "off", required: areRequired && one.required,
  })]);
  return {
    fields: inputs.map(([one, input]) => field(words(one.name), input, one.hint)),
    read: () => Object.fromEntries(inputs.filter(([, input]) => input.value).map(([one, input]) => [one.name, input.value])),
  };
}

function settingFields(settings) {
  const inputs = settings.map((one) => [one, h("input", { name: one.name, autocomplete: "off", required: one.required })]);
  return {
    fields: inputs.map(([one, input]) => field(words(one.name), input, one.description)),
    read: () => Object.fromEntries(inputs.filter(([, input]) => input.value).map(([one, input]) => [one.name, value(input.value)])),
  };
}

/** A number, a truth value or a list as such; anything else is text. */
function value(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function sourceFields(card) {
  const credentials = credentialFields(card.requiredCredentials, false);
  const settings = settingFields(card.settings.map((name) => ({ name, required: true, description: "" })));
  const make = h("input", { type: "checkbox", name: "generate" });
  return {
    fields: [settings.fields, credentials.fields, field("Make up a secret", make, "For providers that let the receiver choose it; it is shown once.")],
    read: () => ({ settings: settings.read(), credentials: credentials.read(), generateSecret: make.checked || undefined }),
  };
}

function destinationFields(card) {
  const url = { name: "url", required: true, sensitive: false, hint: "where events are posted to" };
  const credentials = credentialFields([...(card.address === "url" ? [url] : []), ...card.requiredCredentials], true);
  const settings = settingFields(card.settings);
  const types = h("input", { name: "types", autocomplete: "off", placeholder: "payment.*, refund.*" });
  return {
    fields: [credentials.fields, field("Event types", types, "patterns, with commas between; everything when empty"),
      settings.fields.length > 0 && h("details", {}, h("summary", {}, "Settings"), h("div.stack", {}, settings.fields))],
    read: () => ({
      credentials: credentials.read(), settings: settings.read(),
      filter: types.value.trim() ? { types: types.value.split(",").map((one) => one.trim()).filter(Boolean) } : undefined,
    }),
  };
}
