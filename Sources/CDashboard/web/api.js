// The admin API, asked by the session's cookie.

const prefix = "/api/v1/";

/** An answer that says no, with what the gateway told (RFC 9457). */
export class Problem extends Error {
  constructor(status, told) {
    super(told?.detail ?? told?.title ?? `The gateway answered ${status}.`);
    this.status = status;
    this.requestId = told?.requestId;
  }
}

/** Called when the session has ended. */
let onLoggedOut = () => {};
export const whenLoggedOut = (then) => { onLoggedOut = then; };

/** `a/b?c=d` from its parts; empty parameters are left out. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return prefix + path + (text ? `?${text}` : "");
}

async function ask(method, path, { parameters, body, headers = {}, signal } = {}) {
  let answer;
  try {
    answer = await fetch(address(path, parameters), {
      method, signal,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The gateway does not answer. Is it running?" });
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => undefined);
  if (answer.status === 401 && path !== "session") onLoggedOut();
  throw new Problem(answer.status, told);
}

async function json(answer) {
  return answer.status === 204 ? undefined : JSON.parse(await answer.text(), exactly);
}

/** Keeps the digits of numbers that JavaScript cannot hold, where the browser can tell them (ids of 19 digits). */
function exactly(_, value, context) {
  if (typeof value !== "number" || !context?.source || !JSON.rawJSON) return value;
  return String(value) === context.source ? value : JSON.rawJSON(context.source);
}

export const get = async (path, parameters, signal) => json(await ask("GET", path, { parameters, signal }));
export const post = async (path, body, headers) => json(await ask("POST", path, { body, headers }));
export const put = async (path, body) => json(await ask("PUT", path, { body }));
export const patch = async (path, body) => json(await ask("PATCH", path, { body }));
export const remove = async (path, parameters) => json(await ask("DELETE", path, { parameters }));

/** The bytes of an answer, and whether there are more than `most`. */
export async function raw(path, most) {
  const buffer = new Uint8Array(await (await ask("GET", path)).arrayBuffer());
  return { bytes: buffer.slice(0, most), length: buffer.length };
}

/** One part of a path. */
export const part = encodeURIComponent;
