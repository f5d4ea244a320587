// Starts the dashboard: who is logged in, which view, the menu.

import { whenLoggedOut } from "./api.js";
import { h, show } from "./dom.js";
import { attempt } from "./notes.js";
import { failure } from "./parts.js";
import { here, link } from "./router.js";
import { forget, logIn, logOut, may, resume, seesAll, who } from "./session.js";
import { zone } from "./time.js";
import { logInView } from "./view-login.js";

/** Name, title, for whom, whether for all tenants only; the module is loaded when it is first looked at. */
const views = [
  { name: "", title: "Overview", module: "overview", all: true },
  { name: "events", title: "Events", module: "events" },
  { name: "dead", title: "Dead letters", module: "dead" },
  { name: "refused", title: "Refused", module: "refused" },
  { name: "queues", title: "Queues", module: "queues", all: true },
  { name: "sources", title: "Sources", module: "sources" },
  { name: "destinations", title: "Destinations", module: "destinations" },
  { name: "integrations", title: "Integrations", module: "integrations" },
  { name: "mappings", title: "Mappings", module: "mappings", all: true },
  { name: "replays", title: "Replays", module: "replays" },
  { name: "audit", title: "Audit", module: "audit", role: "operator" },
  { name: "tokens", title: "Tokens", module: "tokens", role: "admin" },
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
  show(side,
    h("ul", {}, open.map((view) => h("li", {}, h("a", { href: link(view.name) }, view.title)))),
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
    else show(main, failure(new Error("There is no such page, or it is not for your role.")));
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
