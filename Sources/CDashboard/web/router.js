// Addresses of views: `#/events/01J…?status=dead`. They stay in the fragment, so what is searched for never reaches a log.

/** @typedef {{path: string[], parameters: Object<string, string>}} Place */

/** @returns {Place} */
export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const names = path.split("/").filter(Boolean);
  return { path: names.map(decoded), parameters: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a view. */
export function link(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  const names = [].concat(path).map(encodeURIComponent).join("/");
  const text = query.toString();
  return `#/${names}${text ? `?${text}` : ""}`;
}

export const go = (path, parameters) => { location.hash = link(path, parameters); };

/** Changes the address without a new view. */
export const note = (path, parameters) => history.replaceState(null, "", link(path, parameters));
