// Tokens of the API: see, make, revoke.

import { get, part, post, remove } from "./api.js";
import { add, h, show } from "./dom.js";
import { attempt, confirmed, tell } from "./notes.js";
import { badge, copyable, empty, field, heading, select, table } from "./parts.js";
import { who } from "./session.js";
import { ago, fromInput, moment } from "./time.js";

export async function draw(holder, { signal, redraw }) {
  const { items } = await get("tokens", {}, signal);
  const made = h("div", { role: "status" });
  const columns = [
    { title: "Name", cell: (token) => h("span", {}, h("strong", {}, token.name), h("span.under", {}, h("code.clip", { title: token.id }, token.id))) },
    { title: "Role", cell: (token) => badge("calm", token.role) },
    { title: "Tenant", kind: "second", cell: (token) => token.tenant ?? "all" },
    { title: "Made", kind: "third", cell: (token) => h("span", {}, moment(token.createdAt), h("span.under", {}, `by ${token.createdBy}`)) },
    { title: "Last used", kind: "second", cell: (token) => (token.lastUsedAt ? ago(token.lastUsedAt) : "never") },
    { title: "Expires", kind: "third", cell: (token) => (token.expiresAt ? moment(token.expiresAt) : "never") },
    { title: "", kind: "actions", cell: (token) => h("button.quiet", {
      type: "button", "aria-label": `Revoke ${token.name}`,
      onclick: (event) => revoke(event.currentTarget, token, redraw),
    }, "Revoke") },
  ];
  add(holder,
    heading("Tokens", "Who may use the API and this dashboard. A token's text is shown once, when it is made."),
    made, form(made),
    items.length > 0 ? table("Tokens", columns, items)
      : empty("No tokens yet", "Make one above for each person or program; the link you came by works only once."));
}

async function revoke(button, token, redraw) {
  if (!await confirmed(`Revoke ${token.name}?`, "Whoever uses it is refused from now on, and its sessions end.", "Revoke", { dangerous: true })) return;
  await attempt(button, async () => {
    await remove(`tokens/${part(token.id)}`);
    tell(`${token.name} is revoked.`);
    await redraw();
  });
}

function form(made) {
  const name = h("input", { name: "name", required: true, maxlength: "64", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", autocomplete: "off" });
  const role = select("role", ["viewer", "operator", "admin"], "viewer");
  const tenant = h("input", { name: "tenant", maxlength: "64", autocomplete: "off", placeholder: who().tenant ?? "all" });
  const expires = h("input", { name: "expires", type: "datetime-local" });
  const button = h("button.primary", {}, "Make token");
  return h("form.row.card", {
    onsubmit: (event) => {
      event.preventDefault();
      attempt(button, async () => {
        const token = await post("tokens", {
          role: role.value, name: name.value, tenant: tenant.value.trim() || undefined, expiresAt: fromInput(expires.value),
        });
        show(made, h("div.card.told", {}, h("p", {}, h("strong", {}, `${token.name} is made.`), " Copy its text now: it is not shown again."),
          copyable(token.token)));
        event.target.reset();
      });
    },
  }, field("Name", name), field("Role", role), field("Tenant", tenant), field("Expires", expires), button);
}
