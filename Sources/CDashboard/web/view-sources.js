// The endpoints that providers post to.

import { get } from "./api.js";
import { add, h } from "./dom.js";
import { badge, empty, heading, table } from "./parts.js";
import { link } from "./router.js";
import { may, seesAll } from "./session.js";
import { counted, number } from "./text.js";
import { span } from "./time.js";

export async function draw(holder, { signal }) {
  const { items } = await get("sources", {}, signal);
  add(holder,
    heading("Sources", "The addresses that providers post to, and what came of it."),
    items.length > 0 ? table("Sources", columns(), items, { leads: true })
      : empty("No sources yet", may("admin") && [h("a", { href: link(["integrations", "new"]) }, "Add an integration"), ", which works at once, or add "], may("admin") ? "one" : "Add one",
        " to the configuration under ", h("code", {}, "sources"), ", with its provider and secrets, and reload."));
}

const count = (name) => (source) => (source.counts ? number(source.counts[name]) : "–");

const columns = () => [
  { title: "Source", cell: (source) => h("span", {}, h("a.clip", { href: link("events", { source: source.source }), title: source.source }, source.source),
    h("span.under", {}, h("code.clip", { title: source.path }, source.path)), h("span.under.narrow", {}, source.provider)) },
  { title: "Provider", kind: "second", cell: (source) => h("span", {}, source.provider, h("span.under", {}, counted(source.secrets, "secret"))) },
  { title: "Status", cell: (source) => badge(source.enabled ? "enabled" : "disabled") },
  { title: "Accepted", kind: "number second", cell: count("accepted") },
  { title: "Duplicates", kind: "number second", cell: (source) => h("span", { title: `within ${span(source.dedupeWindowSeconds)}` }, count("duplicate")(source)) },
  { title: "Quarantined", kind: "number third", cell: count("quarantined") },
  { title: "Refused", kind: "second", cell: (source) => h("a", { href: link("refused", { source: source.source }), "aria-label": `Refused deliveries of ${source.source}` }, "Show") },
  { title: "Queues", kind: "fourth", cell: (source) => h("span.clip", { title: source.queues.join(", ") }, source.queues.join(", ")) },
  { title: "Tenant", kind: "third", cell: (source) => h("span.clip", {}, [source.tenant, ...Object.values(source.tenants)].join(", ")) },
  { title: "Mapping", kind: "second", cell: (source) => (seesAll() ? h("a.clip", { href: link(["mappings", source.source]) }, source.mapping) : source.mapping) },
];
