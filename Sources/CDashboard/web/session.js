// Who is logged in, and what they may do.

import { get, post, remove } from "./api.js";

const ranks = { viewer: 0, operator: 1, admin: 2 };

/** @type {{name: string, role: string, tenant: string|null}|null} */
let principal = null;

export const who = () => principal;
/** Whether the role allows what takes `role`. */
export const may = (role) => principal !== null && ranks[principal.role] >= ranks[role];
/** Whether what belongs to all tenants may be seen. */
export const seesAll = () => principal !== null && principal.tenant === null;

/** Whether this browser has logged in before; the cookie itself is hidden from scripts. */
const mark = "webhook-gateway.loggedIn";

/** Finds out who is logged in; null when nobody is. */
export async function resume() {
  if (localStorage.getItem(mark) === null) return null;
  try {
    principal = await get("session");
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    forget();
  }
  return principal;
}

/** @param {{token: string}|{code: string}} proof */
export async function logIn(proof) {
  principal = await post("session", proof);
  localStorage.setItem(mark, "1");
}

export async function logOut() {
  await remove("session");
  forget();
}

export function forget() {
  principal = null;
  localStorage.removeItem(mark);
}
