// Builds elements. Text becomes text nodes only, so nothing that a webhook carries is ever read as markup.

import { visible } from "./text.js";

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * Makes an element: `h("a.button", { href: "#/" , onclick }, "Text", child)`.
 * @param {string} what tag and classes
 * @param {Object<string, unknown>} [properties] attributes; functions become listeners; false, null and undefined are left out
 * @param {...(Node|string|number|null|false|undefined|Array)} children
 * @returns {HTMLElement}
 */
export function h(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  return fill(document.createElement(tag), classes, properties, children);
}

/** The same for a picture's elements. */
export function s(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  return fill(document.createElementNS(svgNamespace, tag), classes, properties, children);
}

function fill(element, classes, properties, children) {
  if (classes.length > 0) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : shown(name, value));
  }
  add(element, children);
  return element;
}

/** What people read in an attribute shows hidden characters too. */
const shown = (name, value) => (name === "title" || name === "aria-label" ? visible(value) : String(value));

/** Adds children: nodes, texts, lists of them; null, undefined and false are left out. */
export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
}

/** Puts other children into an element. */
export function show(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}
