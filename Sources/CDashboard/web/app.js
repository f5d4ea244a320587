// Starts the dashboard: who is logged in, which view, the menu.

import { whenLoggedOut } from "./api.js";
import { h, s, show } from "./dom.js";
import { attempt } from "./notes.js";
import { failure } from "./parts.js";
import { here, link } from "./router.js";
import { forget, logIn, logOut, may, resume, seesAll, who } from "./session.js";
import { zone } from "./time.js";
import { logInView } from "./view-login.js";

/**
 * Name, title, what it belongs to, for whom, whether for all tenants only, the picture beside it (16 × 16, lines); the module
 * is loaded when it is first looked at.
 */
const views = [
  { name: "", title: "Overview", module: "overview", all: true, icon: "M2 10.5 5.5 7 8.5 9.5 14 3.5M2 13.5h12" },
  { name: "events", title: "Events", kind: "Traffic", module: "events", icon: "M2 4h12M2 8h12M2 12h8" },
  { name: "dead", title: "Dead letters", kind: "Traffic", module: "dead", icon: "M8 2.2 14.3 13.3H1.7zM8 6.5v3.2M8 11.5v.1" },
  { name: "refused", title: "Refused", kind: "Traffic", module: "refused", icon: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M3.8 3.8l8.4 8.4" },
  { name: "replays", title: "Replays", kind: "Traffic", module: "replays", icon: "M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.8v2.9h-2.9" },
  { name: "sources", title: "Sources", kind: "Routing", module: "sources", icon: "M8 2v7.2M5 6.4l3 3 3-3M2.5 10.5v3h11v-3" },
  { name: "destinations", title: "Destinations", kind: "Routing", module: "destinations", icon: "M8 9.5V2.2M5 5l3-3 3 3M2.5 10.5v3h11v-3" },
  { name: "integrations", title: "Integrations", kind: "Routing", module: "integrations", icon: "M2.5 2.5H7V7H2.5zM9 2.5h4.5V7H9zM2.5 9H7v4.5H2.5zM11.25 9v4.5M9 11.25h4.5" },
  { name: "mappings", title: "Mappings", kind: "Routing", module: "mappings", all: true, icon: "M2 4.5h4l4 7h4M2 11.5h4M10 4.5h4" },
  { name: "queues", title: "Queues", kind: "Routing", module: "queues", all: true, icon: "M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3" },
  { name: "audit", title: "Audit", kind: "Access", module: "audit", role: "operator", icon: "M4 2h5.5L12.5 5v9H4zM6.3 7.5h4M6.3 10h4" },
  { name: "tokens", title: "Tokens", kind: "Access", module: "tokens", role: "admin", icon: "M5.3 13.7a3 3 0 1 1 2.3-4.9L13.8 2.6M11.2 5.2l2 2" },
];

const main = document.getElementById("main");
const bar = document.getElementById("bar");
const side = document.getElementById("side");
const menu = document.getElementById("menu");

const isOpen = (view) => (!view.all || seesAll()) && (!view.role || may(view.role));

/** Ends what the view before has going on: timers, streams, requests. */
let leaving = new AbortController();
let shownView = null;

const focusable = "a[href], button, input, select, textarea, summary, [tabindex='0']";
/** What had the focus last; a button that was pressed has lost it by the time that its view is drawn anew. */
let lastFocused = null;
main.addEventListener("focusin", ({ target }) => { lastFocused = target; });

/** Puts the focus where it was in a view that was drawn anew, so that nobody at a keyboard starts from the top. */
function keepFocus(place) {
  if (place < 0) return;
  const elements = main.querySelectorAll(focusable);
  (elements[Math.min(place, elements.length - 1)] ?? main).focus({ preventScroll: true });
}

function drawMenu() {
  const open = views.filter(isOpen);
  const entry = (view) => h("li", {}, h("a", { href: link(view.name) },
    s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: view.icon })), view.title));
  show(side,
    [...new Set(open.map((view) => view.kind))].map((kind) => [kind && h("p.kind", { "aria-hidden": "true" }, kind),
      h("ul", { "aria-label": kind ?? null }, open.filter((view) => view.kind === kind).map(entry))]),
    h("div.who", {},
      h("p", {}, h("strong", {}, who().name), h("span", {}, `${who().role}${who().tenant ? `, tenant ${who().tenant}` : ""}`)),
      h("p.faint", {}, `Times in ${zone}`),
      h("button", { type: "button", onclick: (event) => attempt(event.target, leave) }, "Log out")));
}

async function leave() {
  await logOut();
  location.hash = "";
  await draw();
}

function markMenu(view) {
  for (const anchor of side.querySelectorAll("a")) {
    if (anchor.getAttribute("href") === link(view.name)) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  openMenu(false);
}

function openMenu(isOpened) {
  menu.setAttribute("aria-expanded", String(isOpened));
  side.classList.toggle("open", isOpened);
}

async function draw() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const isIn = who() !== null;
  bar.hidden = side.hidden = !isIn;
  document.body.classList.toggle("out", !isIn);
  if (!isIn) {
    document.title = "Log in – webhook-gateway";
    shownView = null;
    show(main, logInView(entered));
    return;
  }
  const { path, parameters } = here();
  const view = views.find((candidate) => candidate.name === (path[0] ?? ""));
  if (!view || !isOpen(view)) {
    const [first] = views.filter(isOpen);
    if (!path[0] && first) location.replace(link(first.name));
    else {
      markMenu({ name: null });
      shownView = null;
      show(main, failure(new Error("There is no such page, or it is not for your role.")));
    }
    return;
  }
  document.title = `${[view.title, ...path.slice(1)].join(" · ")} – webhook-gateway`;
  markMenu(view);
  const address = `${view.name}/${path.slice(1).join("/")}`;
  const isNew = address !== shownView;
  if (isNew) show(main, h("p.loading", { role: "status" }, "Loading…"));
  shownView = address;
  const holder = h("div.view");
  try {
    const module = await import(`./view-${view.module}.js`);
    await module.draw(holder, { path: path.slice(1), parameters, signal, redraw: draw });
  } catch (problem) {
    if (signal.aborted) return;
    show(holder, failure(problem));
  }
  if (signal.aborted) return;
  const place = isNew ? -1 : [...main.querySelectorAll(focusable)].indexOf(lastFocused);
  show(main, holder);
  keepFocus(place);
  if (isNew) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

async function entered() {
  drawMenu();
  await draw();
}

async function start() {
  whenLoggedOut(() => {
    forget();
    draw();
  });
  const code = location.pathname === "/login" ? location.hash.slice(1) : "";
  if (location.pathname === "/login") history.replaceState(null, "", "/");
  let refused;
  if (code) await logIn({ code }).catch((problem) => { refused = problem; });
  if (!who()) await resume();
  window.addEventListener("hashchange", draw);
  if (who()) drawMenu();
  await draw();
  if (refused && !who()) show(main, logInView(entered, `${refused.message} Start \`serve\` again for a new link, or use a token.`));
}

menu.addEventListener("click", () => openMenu(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") openMenu(false); });
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

start().catch((problem) => show(main, failure(problem)));
