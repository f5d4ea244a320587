// Sources and destinations as managed resources: all of them; what is made new, or one of them, is in files of its own.

import { get } from "./api.js";
import { add, h } from "./dom.js";
import { badge, empty, field, heading, select, table } from "./parts.js";
import { refreshed } from "./refresh.js";
import { go, link, note } from "./router.js";
import { may, seesAll } from "./session.js";
import { words } from "./text.js";
import { ago } from "./time.js";
import { drawGallery } from "./view-gallery.js";
import { drawIntegration, remember, standing } from "./view-integration.js";
import { drawForm } from "./view-integration-form.js";

const most = 200;

export async function draw(holder, context) {
  const [first, kind, type] = context.path;
  if (first === "new" && type) return drawForm(holder, context, kind, type, (made, verdict) => {
    remember(made, verdict);
    go(["integrations", made.id]);
  });
  if (first === "new") return drawGallery(holder, context);
  if (first) return drawIntegration(holder, context, first);
  return drawList(holder, context);
}

async function drawList(holder, context) {
  const { parameters, signal } = context;
  const added = may("admin") && h("a.button.primary", { href: link(["integrations", "new"]) }, "Add integration");
  const search = h("input", { type: "search", name: "q", autocomplete: "off", placeholder: "Name, id or type", value: parameters.q ?? "" });
  const kind = select("kind", [["", "Sources and destinations"], ["source", "Sources"], ["destination", "Destinations"]], parameters.kind);
  let timer = null;
  add(holder, heading("Integrations", "Every source and destination. Those of the configuration file are read-only here.", added),
    h("form.row.find.card", { role: "search", onsubmit: (event) => event.preventDefault() }, field("Search", search), field("Show", kind)));
  const redraw = await refreshed(holder, context, async () => {
    const { items, next } = await get("integrations", { limit: most, q: search.value.trim(), kind: kind.value }, signal);
    if (items.length === 0) {
      return search.value || kind.value ? empty("Nothing matches", "Try another word, or show all.")
        : empty("No integrations yet", "Add a shop, a pixel or a warehouse with the button above; it works at once, without a restart.");
    }
    return [table("Integrations", columns(), items), next && h("p.faint", {}, `The first ${most}; search for the others.`)];
  });
  const ask = () => {
    note("integrations", { q: search.value.trim(), kind: kind.value });
    return redraw();
  };
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 200);
  });
  kind.addEventListener("change", ask);
}

const columns = () => [
  { title: "Name", cell: (item) => h("span", {}, h("a", { href: link(["integrations", item.id]) }, h("strong", {}, item.name)), h("span.under", {}, item.id)) },
  { title: "Type", kind: "second", cell: (item) => h("span", {}, item.type, h("span.under", {}, words(item.kind))) },
  { title: "Status", cell: (item) => h("span", {}, standing(item), item.status === "error" && h("span.under.clip", { title: item.lastError }, item.lastError)) },
  { title: "Last delivery", kind: "second", cell: (item) => (item.lastDeliveryAt ? ago(item.lastDeliveryAt) : "–") },
  ...(seesAll() ? [{ title: "Tenant", kind: "third", cell: (item) => item.tenant ?? "all" }] : []),
  { title: "From", kind: "third", cell: (item) => (item.origin === "declared" ? "file" : "here") },
];
