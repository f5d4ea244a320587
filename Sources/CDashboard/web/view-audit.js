// Every change: who, what, when, from where.

import { get } from "./api.js";
import { add, h } from "./dom.js";
import { empty, heading, badge, table } from "./parts.js";
import { paged } from "./paging.js";
import { moment } from "./time.js";

const columns = [
  { title: "When", kind: "second", cell: (entry) => moment(entry.at) },
  { title: "Who", kind: "second", cell: (entry) => h("span", {}, entry.who, " ", h("span.faint", {}, entry.role, entry.tenant && `, ${entry.tenant}`)) },
  { title: "What", cell: (entry) => h("span", {}, h("code", {}, entry.action), h("span.under.narrow", {}, moment(entry.at), " · ", entry.who)) },
  { title: "On", kind: "second", cell: (entry) => h("span.clip", { title: entry.target }, entry.target || "–") },
  { title: "Detail", kind: "third", cell: (entry) => h("span.clip", { title: entry.detail }, entry.detail || "–") },
  { title: "From", kind: "third", cell: (entry) => entry.from },
  { title: "Answer", cell: (entry) => (entry.status === 0 ? "–"
    : badge(entry.status < 400 ? "ok" : "failed", String(entry.status))) },
];

export async function draw(holder, { signal }) {
  const list = await paged((cursor) => get("audit", { cursor, limit: 50 }, signal), (items) =>
    table("Changes", columns, items));
  add(holder,
    heading("Audit", "Every change through the API, the dashboard and the command line; refused ones too."),
    list ?? empty("No changes yet", "Pause a queue, replay an event or make a token, and it stands here."));
}
