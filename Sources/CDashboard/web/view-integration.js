// One integration: how to connect it, how it fares, its credentials, its end.

import { get, part, patch, post, remove } from "./api.js";
import { add, h, show } from "./dom.js";
import { listen } from "./live.js";
import { attempt, confirmed, tell } from "./notes.js";
import { badge, copyable, facts, field, heading, select } from "./parts.js";
import { refreshed } from "./refresh.js";
import { go, link } from "./router.js";
import { may } from "./session.js";
import { counted, words } from "./text.js";
import { ago, moment } from "./time.js";
import { mark } from "./view-gallery.js";
import { fileFor, label, steps } from "./view-integration-form.js";

/** What was just made up and is shown this once, by id. */
const secrets = new Map();
/** What a test has just found, by id. */
const verdicts = new Map();

/** Keeps what the page of one that was just made shows once. */
export function remember(made, verdict) {
  if (made.secret) secrets.set(made.id, made.secret);
  if (verdict) verdicts.set(made.id, verdict);
}

const badges = { active: "ok", error: "failed", pending: "waiting", draining: "paused", damaged: "failed" };

/** How an integration stands, in a word. */
export const standing = (item) => badge(badges[item.status] ?? item.status, words(item.status));

export async function drawIntegration(holder, context, id) {
  const path = `integrations/${part(id)}`;
  const item = await get(path, {}, context.signal);
  const { items } = await get(item.kind === "source" ? "providers" : "destination-types", {}, context.signal);
  const card = items.find((one) => (one.provider ?? one.type) === item.type);
  const isOurs = item.origin === "managed" && may("admin");
  const isDamaged = item.status === "damaged";
  const kindLine = h("span", {}, words(item.kind), !isDamaged && [" of type ", h("code", {}, item.type)], item.origin === "declared" && ", from the configuration file");
  add(holder, heading(h("span.titled", {}, mark(card?.name ?? item.name, item.kind), item.name), kindLine, item.origin === "managed" && !isDamaged && switches(item, context, isOurs)));
  const verdict = h("div.verdict", { role: "status" });
  add(holder, verdict);
  tellVerdict(verdict, item, context);
  const waiting = new AbortController();
  context.signal.addEventListener("abort", () => waiting.abort());
  // Both parts that keep up to date show the same answer.
  let answer = null;
  const latest = () => {
    if (!answer || Date.now() - answer.at > 1000) answer = { at: Date.now(), item: get(path, {}, context.signal) };
    return answer.item;
  };
  const redrawTop = await refreshed(holder, context, async () => {
    const now = await latest();
    if (now.status !== "pending") waiting.abort();
    return [arrival(item, now), draining(now, context, isOurs)];
  });
  tellSecret(holder, item);
  if (item.kind === "source" && !isDamaged) add(holder, connection(item, card));
  const redrawState = await refreshed(holder, context, async () => state(await latest(), card));
  const redraw = () => {
    answer = null;
    return Promise.all([redrawTop(), redrawState()]);
  };
  if (isOurs) add(holder, !isDamaged && [changes(item, context), credentialsForm(item, card, context)], removal(item, context));
  if (item.kind === "source" && item.status === "pending") {
    listen({ source: item.key }, { take: redraw, tell: () => {}, resumed: redraw }, waiting.signal);
  }
}

// A source that is being connected

/** "Waiting for the first delivery", until it has come. */
function arrival(before, now) {
  if (now.kind !== "source" || before.status !== "pending") return null;
  if (now.status !== "pending") {
    return h("section.card.panel.good", { role: "status" }, h("h2", {}, "The first delivery has arrived"),
      h("p", {}, "It is connected. ", h("a", { href: link("events", { source: now.key }) }, "See its events")));
  }
  const waitsForSecret = now.credentials.length === 0;
  return h("section.card.panel.wait", { role: "status" }, h("h2", {}, h("span.pulse", { "aria-hidden": "true" }), waitsForSecret ? "Waiting for its secret" : "Waiting for the first delivery"),
    h("p", {}, waitsForSecret ? "Enter the address below at the provider, then set the secret that it shows you. Until then deliveries are refused."
      : "Enter the address below at the provider and send a test event. This turns by itself when it arrives."));
}

function connection(item, card) {
  const address = item.url ?? `${location.protocol}//HOST${item.path}`;
  return h("section.card.panel", { "aria-label": "Connection" }, h("h2", {}, "Connection"),
    labelled("Webhook URL", paste(address)),
    !item.url && h("p.faint", {}, "HOST stands for the gateway's public name; ", h("code", {}, "listen.publicURL"), " in the configuration file makes this whole."),
    card?.setup?.length > 0 && labelled(`At ${card.name}`, steps(card.setup, address)));
}

const paste = (text) => h("div.paste", {}, copyable(text));
const labelled = (title, ...children) => h("div.labelled", {}, h("p", {}, title), children);

function tellSecret(holder, item) {
  const secret = secrets.get(item.id);
  if (!secret) return;
  // As long as this page is looked at; it may be drawn anew meanwhile.
  window.addEventListener("hashchange", () => secrets.delete(item.id), { once: true });
  add(holder, h("section.card.panel.good", { "aria-label": "Secret" }, h("h2", {}, "The secret is made"),
    h("p", {}, "Enter it at the provider now: it is not shown again."), paste(secret)));
}

// How it fares

function draining(item, context, isOurs) {
  if (item.status !== "draining") return null;
  const left = [item.waiting > 0 && counted(item.waiting, "event waits", "events wait"), item.dead > 0 && counted(item.dead, "dead letter")].filter(Boolean).join(", ");
  return h("section.card.panel.wait", { role: "status" }, h("h2", {}, h("span.pulse", { "aria-hidden": "true" }), "Being drained"),
    h("p", {}, "It takes no new events and is deleted when none are left", left ? `: ${left}.` : "."),
    item.dead > 0 && h("p", {}, h("a", { href: link("dead", { destination: item.key }) }, "Retry or discard the dead letters"), " for it to end."),
    isOurs && h("div.actions", {}, turn(item, context, "enable", "stays and takes events again", "Keep it")));
}

/** What a filter lets through, in words. */
function taken({ types, sources }) {
  const what = types.length === 0 ? "nothing" : types.includes("*") ? "everything" : types.join(", ");
  return sources.includes("*") ? what : `${what} from ${sources.join(", ")}`;
}

function state(item, card) {
  const isOver = item.lastErrorAt && item.lastDeliveryAt && item.lastErrorAt < item.lastDeliveryAt;
  return h("section.card.panel", { "aria-label": "State" },
    h("header", {}, h("h2", {}, "State"), standing(item)),
    item.lastError && item.status !== "pending" && h(isOver ? "p.faint" : "p.error", {}, item.lastErrorAt && [h("strong", {}, "Last error "), ago(item.lastErrorAt), ": "], item.lastError),
    facts([
      ["Last delivery", item.lastDeliveryAt ? ago(item.lastDeliveryAt) : "none yet"],
      ["Waiting", item.waiting === null || item.waiting === undefined ? null : String(item.waiting)],
      ["Dead letters", item.dead > 0 && h("a", { href: link("dead", { destination: item.key }) }, String(item.dead))],
      ["Takes", item.filter && (item.status === "draining" ? "nothing new" : taken(item.filter))],
      ["Events", item.kind === "source" && h("a", { href: link("events", { source: item.key }) }, "Show")],
      ["Tenant", item.tenant ?? "all"],
      ["Changed", item.updatedAt && moment(item.updatedAt)],
      ["Version", item.version && String(item.version)],
      ["Description", item.description],
      ...item.credentials.map((one) => [label(one.name), h("span", {}, "set", one.ending && `, …${one.ending}`, one.setAt && h("span.under", {}, ago(one.setAt)))]),
      ...Object.entries({ ...item.settings, ...item.delivery }).map(([name, value]) => [name === card?.lookup?.setting ? words(card.lookup.noun) : label(name), typeof value === "string" ? value : h("code", {}, JSON.stringify(value))]),
    ].filter(([, value]) => value !== false)));
}

// What can be done

const turn = (item, { redraw }, verb, done, label = words(verb)) => h("button", {
  type: "button", onclick: (event) => attempt(event.currentTarget, async () => {
    await post(`integrations/${part(item.id)}/${verb}`);
    verdicts.delete(item.id);
    tell(`${item.name} ${done}.`);
    await redraw();
  }),
}, label);

const switches = (item, context, isOurs) => [
  may("operator") && h("button", { type: "button", onclick: (event) => test(event.currentTarget, item, context) }, "Test"),
  isOurs && item.kind === "source" && h("button", { type: "button", onclick: (event) => rotate(event.currentTarget, item, context.redraw) }, "Rotate secret"),
  isOurs && item.status !== "draining" && (item.enabled ? turn(item, context, "disable", "rests") : turn(item, context, "enable", "is in force")),
];

const outcomes = {
  verified: ["good", "Verified"],
  unverifiable: ["wait", "Not refused, but not proved either"],
  failed: ["bad", "The test failed"],
};

function test(button, item, context) {
  return attempt(button, async () => {
    const place = document.querySelector(".verdict");
    show(place, h("p.faint", {}, "Asking…"));
    const verdict = await post(`integrations/${part(item.id)}/test`)
      .catch((problem) => ({ result: "failed", explanation: problem.message }));
    verdicts.set(item.id, verdict);
    tellVerdict(place, item, context);
  });
}

/** What the last test found, and what follows for one that rests. */
function tellVerdict(place, item, context) {
  const verdict = verdicts.get(item.id);
  if (!verdict) return;
  const [kind, title] = outcomes[verdict.result] ?? outcomes.failed;
  const dismiss = h("button.plain", { type: "button", "aria-label": "Dismiss the verdict", onclick: () => {
    verdicts.delete(item.id);
    show(place);
  } }, "Dismiss");
  show(place, h(`section.card.panel.${kind}`, { "aria-label": "Verdict" },
    h("header", {}, h("h2", {}, title), dismiss),
    h("p", {}, verdict.explanation.charAt(0).toUpperCase() + verdict.explanation.slice(1), /[.!?]$/.test(verdict.explanation) ? "" : "."),
    item.enabled && item.kind === "destination" && verdict.result !== "failed" && h("p.faint", {}, "It is enabled: new events go to it."),
    !item.enabled && [h("p.faint", {}, "It rests: no event goes to it. Mend the credentials below and test again."),
      h("div.actions", {}, turn(item, context, "enable", "is in force", verdict.result === "failed" ? "Enable all the same" : "Enable"))]));
}

async function rotate(button, item, redraw) {
  const text = "A new secret is made and shown once. The old one is accepted beside it until you take it away.";
  if (!await confirmed(`Rotate the secret of ${item.name}?`, text, "Rotate")) return;
  await attempt(button, async () => {
    const { secret } = await post(`integrations/${part(item.id)}/rotate-secret`);
    secrets.set(item.id, secret);
    await redraw();
  });
}

/** A part that is folded, with a form that tells its problem where it is. */
function folded(title, fields, button, work, label = title) {
  const told = h("p.problem", { role: "alert" });
  return h("details.card", {}, h("summary", {}, title), h("form.form", {
    "aria-label": label,
    onsubmit: async (event) => {
      event.preventDefault();
      show(told);
      button.setAttribute("disabled", "");
      try {
        await work();
      } catch (problem) {
        show(told, problem.message);
        button.removeAttribute("disabled");
      }
    },
  }, fields, told, h("div.actions", {}, button)));
}

function changes(item, { redraw }) {
  const name = h("input", { name: "name", required: true, maxlength: "100", autocomplete: "off", value: item.name });
  const description = h("input", { name: "description", maxlength: "1000", autocomplete: "off", value: item.description });
  const types = h("input", { name: "types", autocomplete: "off", value: item.filter?.types.join(", ") ?? "", placeholder: "none: nothing new comes in" });
  const fields = [field("Name", name), field("Description", description), item.filter && field("Event types", types, "Patterns, with commas between; * for everything.")];
  return folded("Name and filter", fields, h("button.primary", {}, "Save"), async () => {
    await patch(`integrations/${part(item.id)}`, {
      name: name.value.trim(), description: description.value.trim() || null,
      filter: item.filter ? { types: types.value.split(",").map((one) => one.trim()).filter(Boolean) } : undefined,
    });
    tell("It is saved.");
    await redraw();
  }, "Change name and filter");
}

/** What may be set of an integration's credentials. */
function settable(item, card) {
  if (item.kind === "source") return ["secret", "previousSecret", "verifyToken"].map((name) => ({ name }));
  return [...(card?.address === "url" ? [{ name: "url", hint: "Where events are posted to." }] : []), ...(card?.requiredCredentials ?? [])];
}

function credentialsForm(item, card, { redraw }) {
  const all = settable(item, card);
  if (all.length === 0) return null;
  const name = select("credential", all.map((one) => [one.name, label(one.name)]), all[0].name);
  const slot = h("div.stack", {});
  let value = null;
  const draw = () => {
    const one = all.find((candidate) => candidate.name === name.value);
    value = h(one.file ? "textarea.secret" : "input", { name: "value", type: one.file ? null : "password", rows: one.file ? "4" : null, autocomplete: "off", spellcheck: "false", required: true });
    show(slot, field("New value", value, "Kept encrypted; nobody is shown it again."), one.file && fileFor(value, "New value"));
  };
  name.addEventListener("change", draw);
  draw();
  const form = folded("Set a credential", [field("Credential", name), slot], h("button.primary", {}, "Set"), async () => {
    await patch(`integrations/${part(item.id)}`, { credentials: { [name.value]: value.value } });
    verdicts.delete(item.id);
    tell(`${label(name.value)} is set.`);
    await redraw();
  });
  form.open = item.kind === "source" && item.status === "pending" && item.credentials.length === 0;
  return form;
}

function removal(item, context) {
  const name = h("input", { name: "name", autocomplete: "off", required: true, placeholder: item.name });
  const button = h("button.danger", {}, "Delete");
  const owed = (item.waiting ?? 0) + (item.dead ?? 0);
  const events = item.kind === "destination" && select("events", [
    ["drain", "Deliver what waits first, then delete"], ["move", "Move what waits to another destination"], ["discard", "Discard what waits"],
  ], "drain");
  const to = h("input", { name: "to", autocomplete: "off", maxlength: "64", placeholder: "crm" });
  const target = field("To", to, "The key of the destination that gets them.");
  target.hidden = true;
  events?.addEventListener?.("change", () => {
    target.hidden = events.value !== "move";
    to.required = events.value === "move";
  });
  const fields = [
    h("p.faint", {}, item.kind === "source" ? "Deliveries to its address are refused from then on; events that came stay."
      : owed > 0 ? `${counted(item.waiting, "event waits", "events wait")} for it, ${counted(item.dead, "dead letter")}.` : "No events wait for it."),
    field("Its name, to be sure", name), owed > 0 && [field("Waiting events", events), target],
  ];
  return folded("Delete this integration", fields, button, async () => {
    if (name.value !== item.name) throw new Error(`That is not its name. It is called ${item.name}.`);
    const answer = await remove(`integrations/${part(item.id)}`, { name: name.value, events: events ? events.value : undefined, to: events && events.value === "move" ? to.value.trim() : undefined });
    if (answer?.draining) {
      tell(`${item.name} is deleted when what waits is delivered.`);
      return context.redraw();
    }
    tell(`${item.name} is deleted.`);
    go("integrations");
    return undefined;
  });
}
