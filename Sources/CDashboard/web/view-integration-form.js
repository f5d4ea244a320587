// The form of a new integration: made from the registry's card, so that none is written by hand.

import { get, post } from "./api.js";
import { add, h, show } from "./dom.js";
import { attempt } from "./notes.js";
import { empty, field, heading } from "./parts.js";
import { link } from "./router.js";
import { seesAll } from "./session.js";
import { words } from "./text.js";
import { mark } from "./view-gallery.js";

/**
 * @param {(made: object, verdict: object|undefined) => void} done is given what was made, and what its test found
 */
export async function drawForm(holder, { signal }, kind, type, done) {
  const { items } = await get(kind === "source" ? "providers" : "destination-types", {}, signal);
  const card = items.find((one) => (one.provider ?? one.type) === type);
  if (!card) return add(holder, empty("There is no such type", h("a", { href: link(["integrations", "new"]) }, "Choose another")));
  const name = h("input", { name: "name", required: true, maxlength: "100", autocomplete: "off", value: card.name });
  const tenant = h("input", { name: "tenant", maxlength: "64", autocomplete: "off", placeholder: "default" });
  const form = kind === "source" ? sourceParts(card, name, tenant) : destinationParts(card);
  const told = h("p.problem", { role: "alert" });
  const button = h("button.primary", {}, kind === "source" ? "Add" : "Add and test");
  const skip = h("input", { type: "checkbox", name: "skipCheck" });
  const skipLine = h("label.tick", { hidden: true }, skip, `Add it although ${card.name} does not confirm the credentials`);
  add(holder, heading(h("span.titled", {}, mark(card.name, kind), `Add ${card.name}`), card.description ?? `Webhooks from ${card.name}, as events.`),
    h("div.connect", {},
      h("form.form.card", {
        "aria-label": `Add ${card.name}`,
        onsubmit: async (event) => {
          event.preventDefault();
          show(told);
          button.setAttribute("disabled", "");
          try {
            const made = await post("integrations", {
              kind, type, name: name.value.trim(), tenant: tenant.value.trim() || undefined,
              skipCheck: skip.checked || undefined, ...form.read(),
            });
            done(made, kind === "destination" ? await tested(made) : undefined);
          } catch (problem) {
            show(told, problem.message);
            skipLine.hidden = !(card.checkedFirst && problem.status === 422);
            button.removeAttribute("disabled");
          }
        },
      }, form.first, field("Name", name, "What you call it; events and figures carry its key."), form.parts,
      seesAll() && more("Whose it is", field("Tenant", tenant, "Events of this tenant only; default when empty.")),
      told, skipLine, h("div.actions", {}, button, h("a.button.quiet", { href: link(["integrations", "new"]) }, "Cancel"))),
      h("section.card.panel", { "aria-label": "What follows" }, what(card), card.documentation && h("p", {}, h("a", { href: card.documentation, rel: "noreferrer", target: "_blank" }, `${card.name}: documentation`)))));
}

/** What is done at a provider, or what becomes of a destination, once it is added. */
function what(card) {
  if (card.setup?.length > 0) {
    return [h("h2", {}, `At ${card.name}`), steps(card.setup),
      h("p.faint", {}, "These steps stand, with the address filled in, on the page that follows.")];
  }
  return [h("h2", {}, "What follows"), steps(["It is added at rest: no event goes to it yet.",
    `${card.name} is asked about the credentials, as far as it tells anything without taking an event.`,
    "If it does not refuse them, it is enabled, and new events go to it.", ...(card.onePerTenant ? ["There is one of this type a tenant."] : [])])];
}

/** A destination rests until its test has spoken: one that is refused would only collect dead letters. */
async function tested(made) {
  const verdict = await post(`integrations/${encodeURIComponent(made.id)}/test`)
    .catch((problem) => ({ result: "failed", explanation: problem.message }));
  if (verdict.result !== "failed") await post(`integrations/${encodeURIComponent(made.id)}/enable`);
  return verdict;
}

/** A key as a label: measurementId → Measurement ID. */
export const label = (name) => words(name).replace(/\b(api|url|id)\b/gi, (part) => part.toUpperCase());

const sentence = (text) => (text ? text.charAt(0).toUpperCase() + text.slice(1) : text);

/** Steps with `code` in them; what stands for the address is replaced where it is known. */
export const steps = (list, address) => h("ol.steps", {}, list.map((step) => h("li", {}, (address ? step.replaceAll(/\w+:\/\/HOST\/webhooks\/SOURCE/g, address) : step)
  .split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part)))));

const more = (title, ...fields) => h("details", {}, h("summary", {}, title), h("div.stack", {}, fields));
const part = (title, ...children) => h("fieldset.part", {}, h("legend", {}, title), h("div.stack", {}, children));

let picks = 0;

/** One of several, each with a line about it. */
function choices(legend, options, chosen, onchange = () => {}) {
  picks += 1;
  const inputs = options.map((one) => h("input", { type: "radio", name: `pick-${picks}`, value: one.value, checked: one.value === chosen, disabled: one.disabled, onchange: () => onchange(one) }));
  return {
    element: h("fieldset.choice", {}, h("legend", {}, legend), options.map((one, index) =>
      h("label.pick", {}, inputs[index], h("span", {}, one.label, one.hint && h("span.under", {}, one.hint))))),
    value: () => inputs.find((input) => input.checked)?.value,
  };
}

/** A field for each credential that the card names. */
function credentialFields(credentials, areRequired) {
  const inputs = credentials.map((one) => [one, h(one.file ? "textarea.secret" : "input", {
    name: one.name, type: one.file ? null : one.sensitive ? "password" : "text", rows: one.file ? "4" : null,
    autocomplete: "off", spellcheck: "false", required: areRequired && one.required,
  })]);
  const titled = (one) => (areRequired && !one.required ? `${label(one.name)} (optional)` : label(one.name));
  return {
    fields: inputs.map(([one, input]) => [field(titled(one), input, sentence(one.hint)), one.file && fileFor(input, label(one.name))]),
    read: () => Object.fromEntries(inputs.filter(([, input]) => input.value).map(([one, input]) => [one.name, input.value])),
  };
}

/** Reads a file into a field, for what has lines that must stay. */
export function fileFor(input, title) {
  const choose = h("input", { type: "file", "aria-label": `${title} from a file`, onchange: async () => {
    input.value = await choose.files[0]?.text() ?? "";
  } });
  return choose;
}

function settingFields(settings, defaults = {}) {
  const inputs = settings.map((one) => [one, h("input", {
    name: one.name, autocomplete: "off", required: one.required,
    placeholder: defaults[one.name] === undefined || defaults[one.name] === null ? null : JSON.stringify(defaults[one.name]).replace(/^"|"$/g, ""),
  })]);
  return {
    fields: inputs.map(([one, input]) => field(label(one.name), input, sentence(one.description))),
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

// Sources

function sourceParts(card, name, tenant) {
  const needsSecret = card.requiredCredentials.some((one) => one.name === "secret");
  const others = credentialFields(card.requiredCredentials.filter((one) => one.name !== "secret"), false);
  const settings = settingFields(card.settings.map((one) => ({ name: one, required: true, description: settingHints[one] ?? "" })));
  const account = card.lookup && accountPart(card, name, tenant);
  const secret = needsSecret && secretPart(card);
  const key = h("input", { name: "key", autocomplete: "off", maxlength: "64", pattern: "[a-z0-9][a-z0-9_\\-]*", placeholder: `${card.provider}-…` });
  const address = field("Address", h("span", {}), "Small letters, digits, - and _; made up when empty. It cannot be changed later.");
  const [label, slot] = address.children;
  key.id = slot.id;
  key.setAttribute("aria-describedby", slot.getAttribute("aria-describedby"));
  slot.replaceWith(h("div.address", {}, h("span", {}, "/webhooks/"), key));
  label.htmlFor = key.id;
  return {
    first: account?.element,
    parts: [address, settings.fields.length + others.fields.length > 0 && [settings.fields, others.fields], secret && secret.element],
    read: () => {
      const made = secret ? secret.read() : {};
      return {
        key: key.value.trim() || undefined,
        settings: { ...settings.read(), ...account?.read() },
        credentials: { ...others.read(), ...made.credentials },
        generateSecret: made.generateSecret,
      };
    },
  };
}

const settingHints = { notificationURL: "the webhook's URL exactly as you enter it at the provider, which signs it" };

function secretPart(card) {
  const entered = h("input", { type: "password", name: "secret", autocomplete: "off", spellcheck: "false" });
  const line = field("Secret", entered, "Kept encrypted; nobody is shown it again.");
  const chosen = card.chosenSecret ? "make" : "later";
  const pick = choices("What its deliveries are proved by", [
    ...(card.chosenSecret ? [] : [{ value: "later", label: "I add the secret later", hint: `${card.name} shows it when it knows the address` }]),
    { value: "enter", label: "I have the secret" },
    { value: "make", label: "Make one up", hint: card.chosenSecret ? "shown once, to enter at the provider" : "for an endpoint whose secret you choose; shown once" },
  ], chosen, (one) => {
    line.hidden = one.value !== "enter";
    entered.required = one.value === "enter";
  });
  line.hidden = true;
  return {
    element: part("Secret", pick.element, line),
    read: () => ({
      generateSecret: pick.value() === "make" || undefined,
      credentials: pick.value() === "enter" ? { secret: entered.value } : {},
    }),
  };
}

/** Finds the shops that a key is for; one is taken at once, several are offered. */
function accountPart(card, name, tenant) {
  const { noun, hint, setting } = card.lookup;
  const key = h("input", { type: "password", name: "key", autocomplete: "off", spellcheck: "false" });
  const results = h("div", { role: "status" });
  const button = h("button", { type: "button" }, `Find ${noun}s`);
  let chosen = null;
  const take = (one) => {
    chosen = one;
    name.value = one.label.slice(0, 100);
  };
  const find = () => attempt(button, async () => {
    show(results, h("p.faint", {}, "Asking…"));
    chosen = null;
    try {
      const { items } = await post(`providers/${encodeURIComponent(card.provider)}/accounts`, { key: key.value, tenant: tenant.value.trim() || undefined });
      key.value = "";
      show(results, offered(items, noun, take));
    } catch (problem) {
      show(results, h("p.problem", {}, problem.message));
    }
  });
  button.addEventListener("click", () => (key.value ? find() : key.focus()));
  key.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (key.value) find();
  });
  const line = field("API key", key, `It finds your ${noun}s and is then forgotten. ${hint ? `You find it ${hint}.` : ""}`);
  line.className = "lookup";
  const label = line.querySelector("label");
  label.className = "hint";
  key.after(button);
  return {
    element: h("fieldset", {}, h("legend", {}, words(noun)), line, results),
    read: () => (chosen ? { [setting]: chosen.value } : {}),
  };
}

function offered(items, noun, take) {
  const free = items.filter((one) => !one.takenBy);
  const first = free.length === 1 ? free[0] : null;
  if (first) take(first);
  const options = items.map((one) => ({ ...one, disabled: Boolean(one.takenBy), hint: one.takenBy ? `connected already: ${one.takenBy}` : one.value }));
  const pick = choices(items.length === 1 ? `The key is for one ${noun}` : `The key is for ${items.length} ${noun}s; choose one`, options, first?.value, take);
  return [pick.element, free.length === 0 && h("p.hint", {}, `Every ${noun} of this key is connected.`)];
}

// Destinations

function destinationParts(card) {
  const url = { name: "url", required: true, sensitive: false, hint: "where events are posted to" };
  const credentials = credentialFields([...(card.address === "url" ? [url] : []), ...card.requiredCredentials], true);
  const needed = settingFields(card.settings.filter((one) => one.required));
  const optional = settingFields(card.settings.filter((one) => !one.required), card.defaultSettings);
  const types = h("input", { name: "types", autocomplete: "off", placeholder: "payment.*, refund.*" });
  const isService = card.address && card.address !== "url";
  const base = h("input", { name: "baseURL", type: "url", autocomplete: "off", placeholder: isService ? card.address : "" });
  const isPrivate = h("input", { type: "checkbox", name: "allowPrivateAddresses" });
  return {
    first: null,
    parts: [
      credentials.fields, needed.fields, field("Event types", types, "Patterns, with commas between; everything when empty."),
      optional.fields.length > 0 && more("Settings", optional.fields),
      (isService || seesAll()) && more("Network", isService && field("Another address of the service", base, "A regional one, or a proxy of yours."),
        seesAll() && h("label.tick", {}, isPrivate, "It may be at a private address")),
    ],
    read: () => ({
      enabled: false, credentials: credentials.read(), settings: { ...needed.read(), ...optional.read() },
      delivery: { ...(base.value && { baseURL: base.value }), ...(isPrivate.checked && { allowPrivateAddresses: true }) },
      filter: types.value.trim() ? { types: types.value.split(",").map((one) => one.trim()).filter(Boolean) } : undefined,
    }),
  };
}
