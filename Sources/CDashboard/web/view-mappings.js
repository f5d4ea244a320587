// Mappings: see, edit with a live preview, save, roll back.

import { get, part, post, put } from "./api.js";
import { add, h, show } from "./dom.js";
import { jsonView, layOut } from "./json-view.js";
import { attempt, confirmed, tell } from "./notes.js";
import { badge, empty, field, heading, select, table } from "./parts.js";
import { link, note } from "./router.js";
import { may } from "./session.js";
import { counted } from "./text.js";
import { moment } from "./time.js";

const pause = 400;

export async function draw(holder, context) {
  if (context.path.length > 0) await drawEditor(holder, context);
  else await drawList(holder, context);
}

async function drawList(holder, { signal }) {
  const { items } = await get("sources", {}, signal);
  add(holder, heading("Mappings", "How each source's deliveries become events."));
  const columns = [
    { title: "Source", cell: (source) => h("a", { href: link(["mappings", source.source]) }, h("strong", {}, source.source)) },
    { title: "Provider", kind: "second", cell: (source) => source.provider },
    { title: "Mapping", cell: (source) => h("code", {}, source.mapping) },
    { title: "Quarantined", kind: "number", cell: (source) => (source.counts?.quarantined
      ? h("a", { href: link("dead", { source: source.source }) }, String(source.counts.quarantined)) : "0") },
  ];
  add(holder, items.length > 0 ? table("Mappings", columns, items, { leads: true })
    : empty("No sources yet", "A mapping belongs to a source: add one to the configuration first."));
}

// MARK: Editor

async function drawEditor(holder, context) {
  const [name] = context.path;
  const { signal, parameters } = context;
  const [mapping, { items: events }, survey, checkup] = await Promise.all([
    get(`mappings/${part(name)}`, {}, signal),
    get("events", { source: name, limit: 30 }, signal),
    get(`mappings/${part(name)}/fields`, {}, signal),
    get(`mappings/${part(name)}/heal`, {}, signal),
  ]);
  const origins = { api: "changed here", configuration: "from the configuration", bundled: "bundled" };
  const editor = h("textarea.editor", { spellcheck: "false", rows: "26", value: tidy(mapping.text), readonly: !may("admin"), autocapitalize: "off" });
  const ids = [...new Set([parameters.event, ...events.map((event) => event.id)].filter(Boolean))];
  const label = (id) => {
    const event = events.find((candidate) => candidate.id === id);
    return event ? `${event.providerType ?? event.type} · ${event.providerId ?? id}` : id;
  };
  const sample = select("event", ids.map((id) => [id, label(id)]), parameters.event ?? ids[0]);
  const preview = h("div.preview", { "aria-live": "polite" });
  const save = h("button.primary", { type: "button", disabled: true }, "Save");
  const isChanged = () => editor.value !== tidy(mapping.text);
  const tryIt = delayed(() => drawPreview(preview, name, sample.value, isChanged() ? editor.value : undefined, signal), signal);

  editor.addEventListener("input", () => { save.disabled = !isChanged(); tryIt(pause); });
  sample.addEventListener("change", () => { note(["mappings", name], { event: sample.value }); tryIt(0); });
  save.addEventListener("click", () => attempt(save, async () => {
    await put(`mappings/${part(name)}`, { text: editor.value, version: mapping.version });
    tell(`The mapping of ${name} is in force.`);
    await context.redraw();
  }));

  // What was never there is mostly what few deliveries have; what was and is not any more has moved.
  const vanished = checkup.findings.filter((finding) => finding.lastSeen || finding.required);
  const unseen = checkup.findings.filter((finding) => !vanished.includes(finding));
  add(holder,
    h("a.back", { href: link("mappings") }, "← Mappings"),
    heading(`Mapping of ${name}`, `Provider ${mapping.provider}.`, badge("calm", origins[mapping.origin]),
      may("admin") && mapping.origin === "api" && h("button.quiet", { type: "button", onclick: (event) => reset(event.currentTarget, name, context) }, "Reset"),
      may("admin") && save),
    gone(vanished, editor),
    h("div.columns", {},
      h("section", { "aria-label": "Rules" }, field("Rules (JSON5)", editor,
        may("admin") ? "Saved rules are in force in every process within a second. docs/mappings.md tells what can stand here." : "Changing a mapping takes the role admin."),
      fields(survey, editor), neverSeen(unseen, editor)),
      h("section", { "aria-label": "Preview" },
        may("operator") && ids.length > 0 ? [field("Try it on", sample), preview]
          : empty("Nothing to try it on", "A preview needs a delivery of this source: ", h("code", {}, `webhook-gateway send ${name}`)))),
    versions(mapping, context));
  if (may("operator") && ids.length > 0) tryIt(0);
}

/** One long line is laid out; a text that somebody has laid out stays as it is. */
const tidy = (text) => (text.trim().includes("\n") || text.length < 100 ? text : layOut(text));

/** Runs the newest of several calls, after a pause. */
function delayed(work, signal) {
  let timer;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}

async function drawPreview(preview, name, event, text, signal) {
  let told;
  try {
    told = await post(`mappings/${part(name)}/test`, { event, text });
  } catch (problem) {
    if (!signal.aborted) show(preview, h("p.problem", {}, problem.message));
    return;
  }
  if (signal.aborted) return;
  const { before, after } = told;
  show(preview,
    after.map((outcome) => (outcome.problem ? h("p.problem", {}, outcome.problem)
      : [h("h2.small", {}, after.length > 1 ? `Would be (of ${after.length})` : "Would be"), difference(before, outcome.event)])),
    h("details", {}, h("summary", {}, "What was"), before ? jsonView(before, "What was") : h("p", {}, "It was not mapped.")));
}

/** The event, with lines that differ from the one before marked. */
function difference(before, after) {
  const old = new Set(JSON.stringify(before ?? {}, null, 2).split("\n").map(bare));
  const lines = JSON.stringify(after, null, 2).split("\n");
  const changed = (line) => /"/.test(line) && !old.has(bare(line)) && !/^\s*"(id|time|receivedat)":/.test(line);
  return h("pre.code", { tabindex: "0", role: "region", "aria-label": "Would be" }, lines.map((line) =>
    h(changed(line) ? "span.line.changed" : "span.line", {}, changed(line) ? "+ " : "  ", line)));
}

const bare = (line) => line.trim().replace(/,$/, "");

/** Puts a text in the place of what is chosen in the editor. */
function insert(editor, text) {
  editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
  editor.dispatchEvent(new Event("input"));
  editor.focus();
}

// MARK: Fields that are gone

const reasons = { same_name: "the same name", similar_name: "a similar name", same_form: "a value of the same form" };

/** Fields that the rules read and recent deliveries lack, each with where it may be now. */
function gone(findings, editor) {
  if (findings.length === 0) return null;
  return h("section.card.gone", { "aria-label": "Fields that are gone" },
    h("h2", {}, counted(findings.length, "field"), findings.length === 1 ? " is gone" : " are gone", " from recent deliveries"),
    listed(findings, editor));
}

/** Fields that the rules read and no recent delivery has had. */
function neverSeen(findings, editor) {
  if (findings.length === 0) return null;
  return h("details.fields.gone", {}, h("summary", {}, `${counted(findings.length, "field")} of the rules not seen yet`), listed(findings, editor));
}

function listed(findings, editor) {
  return h("ul.findings", {}, findings.slice(0, 20).map((finding) => h("li", {},
      h("p", {}, h("strong", {}, finding.target), finding.required ? " (required)" : "", ` of ${finding.providerType}: nothing is at `,
        finding.paths.map((path, index) => [index > 0 ? ", " : "", h("code", {}, path)]), finding.list && [" in the elements of ", h("code", {}, finding.list)], finding.lastSeen && [" since ", moment(finding.lastSeen)], "."),
      finding.candidates.length === 0 ? h("p.faint", {}, "Nothing like it is in the payload.")
        : h("ul.candidates", {}, finding.candidates.map((candidate) => h("li", {},
          h("button", { type: "button", disabled: editor.readOnly, "aria-label": `Read ${finding.target} from ${candidate.path}`,
            onclick: () => replacePath(editor, finding, candidate.path) }, h("code", {}, candidate.path)),
          h("span.faint", {}, ` ${reasons[candidate.reason]}, now `, h("code", {}, candidate.sample))))))));
}

/** Puts a path where the finding's rule reads an older one; where that is not written out, at the cursor. */
function replacePath(editor, { rule, paths }, candidate) {
  const text = editor.value;
  const start = Math.max(0, text.indexOf(JSON.stringify(rule)));
  for (const path of paths) {
    for (const written of [JSON.stringify(path), `'${path}'`]) {
      const found = text.indexOf(written, start);
      const place = found < 0 ? text.indexOf(written) : found;
      if (place < 0) continue;
      editor.setSelectionRange(place, place + written.length);
      insert(editor, JSON.stringify(candidate));
      return;
    }
  }
  insert(editor, JSON.stringify(candidate));
}

/** Which fields recent deliveries have; a press puts one at the cursor. */
function fields(survey, editor) {
  if (survey.deliveries === 0) return null;
  return h("details.fields", {}, h("summary", {}, `Fields of the last ${counted(survey.deliveries, "delivery", "deliveries")}`),
    h("ul", {}, survey.fields.slice(0, 400).map((item) => h("li", {},
      h("button.plain", { type: "button", disabled: editor.readOnly, title: "Put it at the cursor",
        onclick: () => insert(editor, JSON.stringify(item.path)) }, h("code", {}, item.path)),
      h("span.faint", {}, ` ${item.kinds.join(" or ")}${item.count < survey.deliveries ? `, in ${item.count}` : ""}`)))));
}

// MARK: Versions

function versions(mapping, context) {
  if (mapping.versions.length === 0) return null;
  const columns = [
    { title: "Version", kind: "number", cell: (version) => String(version.version) },
    { title: "When", cell: (version) => moment(version.at) },
    { title: "Who", cell: (version) => version.who },
    { title: "What", cell: (version) => (version.reset ? "Reset" : version.version === mapping.version ? "In force" : "Changed") },
    { title: "", kind: "actions", cell: (version) => may("admin") && version.version !== mapping.version && h("button.quiet", {
      type: "button", onclick: (event) => attempt(event.currentTarget, async () => {
        await post(`mappings/${part(mapping.source)}/rollback`, { version: version.version });
        tell(`Version ${version.version} is in force again.`);
        await context.redraw();
      }),
    }, `Roll back to ${version.version}`) },
  ];
  return h("section", {}, h("h2", {}, "Versions"), table("Versions", columns, mapping.versions));
}

async function reset(button, name, { redraw }) {
  if (!await confirmed(`Reset the mapping of ${name}?`, "The mapping of the configuration, or the bundled one, is in force again. The versions stay.", "Reset")) return;
  await attempt(button, async () => {
    await post(`mappings/${part(name)}/reset`);
    tell(`The mapping of ${name} is reset.`);
    await redraw();
  });
}
