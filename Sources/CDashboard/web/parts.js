// What many views are made of.

import { h } from "./dom.js";
import { words } from "./text.js";

const kinds = {
  good: ["delivered", "done", "closed", "verified", "enabled", "ok", "running"],
  wait: ["queued", "forwarding", "waiting", "retrying", "planning", "half-open", "paused", "delayed", "degraded", "warning", "partly"],
  bad: ["dead", "quarantined", "open", "failed", "down", "critical", "orphan"],
};

const names = { forwarding: "Waiting", partly: "Partly delivered" };

/** A status in words with its colour; the word alone says it all. */
export function badge(status, text = names[status] ?? words(status)) {
  const kind = Object.keys(kinds).find((name) => kinds[name].includes(status)) ?? "calm";
  return h(`span.badge.${kind}`, {}, text);
}

/** The head of a view: its one h1, a sentence, and what can be done. */
export function heading(title, sentence, ...actions) {
  return h("header.heading", {},
    h("div", {}, h("h1", {}, title), sentence && h("p.lead", {}, sentence)),
    actions.length > 0 && h("div.actions", {}, actions));
}

/** What stands where nothing is yet: it says what to do next. */
export function empty(title, ...next) {
  return h("div.empty", {}, h("h2", {}, title), h("p", {}, next));
}

/** A problem in place of a view's content. */
export const failure = (problem) =>
  h("div.empty.failed", { role: "alert" }, h("h2", {}, "This could not be loaded"), h("p", {}, problem.message),
    problem.requestId && h("p.faint", {}, `Request ${problem.requestId}`));

/**
 * A table that can be scanned. A column: `{ title, cell(row), kind }`, kind of "number", "second" (left out on narrow
 * screens), "third" (left out on middling ones too),
 * "fourth" (only where there is much room). With `leads` a press anywhere in a row follows its first link.
 */
export function table(caption, columns, rows, { rowClass = () => "", leads = false } = {}) {
  const classes = (column) => (column.kind ? `.${column.kind.replace(" ", ".")}` : "");
  return h("div.scroll", { role: "region", "aria-label": caption, tabindex: "0" },
    h(leads ? "table.leads" : "table", {},
      h("caption.unseen", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((column) =>
        h(`th${classes(column)}`, { scope: "col" }, column.title || h("span.unseen", {}, "Actions"))))),
      h("tbody", { onclick: leads && followRow }, rows.map((row) => tableRow(columns, row, rowClass(row))))));
}

/** Not where something else is meant: a control of its own, or text that is being marked. */
function followRow({ target }) {
  if (target.closest("a, button, input, label") || String(getSelection())) return;
  target.closest("tr")?.querySelector("a[href]")?.click();
}

export function tableRow(columns, row, className = "") {
  const classes = (column) => (column.kind ? `.${column.kind.replace(" ", ".")}` : "");
  return h("tr", { class: className || null }, columns.map((column) => h(`td${classes(column)}`, {}, column.cell(row))));
}

/** Names and values; pairs without a value are left out. `kind`: "facts" (beside each other), "facts.lines", "figures". */
export function facts(pairs, kind = "facts") {
  return h(`dl.${kind}`, {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** A sentence of the gateway's, with what stands in backticks as code. */
export const prose = (text) => text.split("`").map((part, index) => (index % 2 === 1 ? h("code", {}, part) : part));

let fields = 0;

/** A labelled field. `make` is an element without an id. */
export function field(label, element, hint) {
  fields += 1;
  element.id = `field-${fields}`;
  if (hint) element.setAttribute("aria-describedby", `hint-${fields}`);
  return h("div.field", {}, h("label", { for: element.id }, label), element,
    hint && h("p.hint", { id: `hint-${fields}` }, hint));
}

/** A tick with its label beside it. */
export function check(label, element, hint) {
  const made = field(label, element, hint);
  made.classList.add("check");
  made.prepend(element);
  return made;
}

/** A choice among values; each a text or `[value, text]`. */
export function select(name, choices, value) {
  const element = h("select", { name }, choices.map((choice) => {
    const [key, text] = Array.isArray(choice) ? choice : [choice, choice];
    return h("option", { value: key }, text);
  }));
  element.value = value ?? "";
  return element;
}

/** An id that can be copied, where the browser lets a page do that (over TLS or on loopback). */
export function copyable(text) {
  if (!navigator.clipboard) return h("code", {}, text);
  const button = h("button.plain.copy", {
    type: "button", "aria-label": `Copy ${text}`,
    onclick: async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    },
  }, "Copy");
  return h("span.copyable", {}, h("code", {}, text), button);
}
