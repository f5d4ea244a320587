// Sources and destinations as managed resources: all of them, one of them.

import { get, part, patch, post, remove } from "./api.js";
import { add, h, show } from "./dom.js";
import { attempt, confirmed, tell } from "./notes.js";
import { badge, copyable, empty, facts, field, heading, table } from "./parts.js";
import { refreshed } from "./refresh.js";
import { go, link } from "./router.js";
import { may } from "./session.js";
import { words } from "./text.js";
import { ago, moment } from "./time.js";
import { drawForm, drawGallery } from "./view-gallery.js";

/** What was just made up and is shown this once, by id. */
const secrets = new Map();

export async function draw(holder, context) {
  const [first, kind, type] = context.path;
  if (first === "new" && type) return drawForm(holder, context, kind, type, (made) => {
    if (made.secret) secrets.set(made.id, made.secret);
    go(["integrations", made.id]);
  });
  if (first === "new") return drawGallery(holder, context);
  if (first) return drawOne(holder, context, first);
  return drawList(holder, context);
}

async function drawList(holder, context) {
  const added = may("admin") && h("a.button.primary", { href: link(["integrations", "new"]) }, "Add integration");
  add(holder, heading("Integrations", "Every source and destination. Those of the configuration file are read-only here.", added));
  await refreshed(holder, context, async () => {
    const { items } = await get("integrations", { limit: 500 }, context.signal);
    if (items.length === 0) return empty("No integrations yet", "Add a shop, a pixel or a warehouse with the button above; it works at once, without a restart.");
    return table("Integrations", columns, items);
  });
}

const standing = (item) => badge({ active: "ok", error: "failed" }[item.status] ?? item.status, words(item.status));

const columns = [
  { title: "Name", cell: (item) => h("a", { href: link(["integrations", item.id]) }, h("strong", {}, item.name), h("span.under", {}, item.id)) },
  { title: "Type", cell: (item) => h("span", {}, item.type, h("span.under", {}, item.kind)) },
  { title: "Status", cell: standing },
  { title: "Tenant", kind: "second", cell: (item) => item.tenant ?? "all" },
  { title: "Last delivery", kind: "second", cell: (item) => (item.lastDeliveryAt ? ago(item.lastDeliveryAt) : "–") },
  { title: "From", kind: "third", cell: (item) => (item.origin === "declared" ? "file" : "here") },
];

async function drawOne(holder, context, id) {
  const item = await get(`integrations/${part(id)}`, {}, context.signal);
  const isOurs = item.origin === "managed" && may("admin");
  add(holder, heading(item.name, h("span", {}, `${words(item.kind)} of type `, h("code", {}, item.type)), isOurs && switches(item, context)));
  const secret = secrets.get(id);
  if (secret) {
    add(holder, h("section.card.told", { role: "status" }, h("p", {}, h("strong", {}, "The secret is made."),
      " Enter it at the provider now: it is not shown again."), copyable(secret)));
    secrets.delete(id);
  }
  await refreshed(holder, context, async () => state(await get(`integrations/${part(id)}`, {}, context.signal)));
  if (isOurs) add(holder, credentialsForm(item, context), removal(item));
}

/** How it fares now; drawn anew as long as the page is seen. */
function state(item) {
  const url = item.path && `${location.protocol}//HOST${item.path}`;
  return h("section.card", { "aria-label": "State" },
    h("header", {}, h("h2", {}, "State"), standing(item)),
    item.lastError && h("p.error", {}, item.lastError),
    item.kind === "source" && item.status === "pending" && h("p.advice", {}, item.credentials.length > 0
      ? "Waiting for the first delivery. Enter the URL below at the provider and send a test event; this turns by itself."
      : "Waiting for its secret. Enter the URL below at the provider, then the secret that it shows you here."),
    facts([
      ["Webhook URL", item.path && h("span", {}, copyable(item.path), h("span.under", {}, `${url}, with your gateway's public name for HOST`))],
      ["Tenant", item.tenant ?? "all"],
      ["Last delivery", item.lastDeliveryAt && ago(item.lastDeliveryAt)],
      ["Takes", item.filter && `${item.filter.types.join(", ")} from ${item.filter.sources.join(", ")}`],
      ["Changed", item.updatedAt && moment(item.updatedAt)],
      ["Version", item.version && String(item.version)],
      ["Description", item.description],
      ...item.credentials.map((one) => [words(one.name), h("span", {}, "set", one.ending && `, …${one.ending}`, one.setAt && h("span.under", {}, ago(one.setAt)))]),
      ...Object.entries({ ...item.settings, ...item.delivery }).map(([name, value]) => [name, h("code", {}, JSON.stringify(value))]),
    ]));
}

function switches(item, { redraw }) {
  const turn = (verb, done) => h("button", { type: "button", onclick: (event) => attempt(event.currentTarget, async () => {
    await post(`integrations/${part(item.id)}/${verb}`);
    tell(`${item.name} ${done}.`);
    await redraw();
  }) }, words(verb));
  return [
    h("button", { type: "button", onclick: (event) => test(event.currentTarget, item) }, "Test"),
    item.kind === "source" && h("button", { type: "button", onclick: (event) => rotate(event.currentTarget, item, redraw) }, "Rotate secret"),
    item.enabled ? turn("disable", "rests") : turn("enable", "is in force"),
  ];
}

function test(button, item) {
  return attempt(button, async () => {
    const { result, explanation } = await post(`integrations/${part(item.id)}/test`);
    tell(`${words(result)}: ${explanation}`, result === "failed" ? "bad" : "good");
  });
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

function credentialsForm(item, { redraw }) {
  const names = item.kind === "source" ? ["secret", "previousSecret", "verifyToken"] : item.credentials.map((one) => one.name);
  const name = h("select", { name: "credential" }, names.map((one) => h("option", { value: one }, words(one))));
  const value = h("input", { name: "value", type: "password", autocomplete: "off", required: true });
  const button = h("button.primary", {}, "Set");
  if (names.length === 0) return null;
  return h("form.row.card", {
    "aria-label": "Set a credential",
    onsubmit: (event) => {
      event.preventDefault();
      attempt(button, async () => {
        await patch(`integrations/${part(item.id)}`, { credentials: { [name.value]: value.value } });
        tell(`${words(name.value)} is set.`);
        await redraw();
      });
    },
  }, field("Credential", name), field("New value", value, "Kept encrypted; nobody is shown it again."), button);
}

function removal(item) {
  const name = h("input", { name: "name", autocomplete: "off", required: true, placeholder: item.name });
  const events = h("select", { name: "events" },
    h("option", { value: "" }, "refuse while events wait"), h("option", { value: "discard" }, "discard what waits"));
  const button = h("button.danger", {}, "Delete");
  const told = h("p.problem", { role: "alert" });
  return h("details.card", {}, h("summary", {}, "Delete this integration"), h("form.row", {
    onsubmit: async (event) => {
      event.preventDefault();
      show(told);
      button.setAttribute("disabled", "");
      try {
        await remove(`integrations/${part(item.id)}`, { name: name.value, events: events.value });
        tell(`${item.name} is deleted.`);
        go("integrations");
      } catch (problem) {
        show(told, problem.message);
        button.removeAttribute("disabled");
      }
    },
  }, field("Its name, to be sure", name), item.kind === "destination" && field("Waiting events", events), button, told));
}
