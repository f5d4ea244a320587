// JSON as people read it: laid out, coloured, every text as text.

import { h } from "./dom.js";

const longest = 262_144;

/** @param {unknown} value */
export function jsonView(value, label) {
  const text = JSON.stringify(value, null, 2) ?? "";
  return code(text, label, true);
}

/** Text in a box that scrolls; coloured when it is JSON. */
export function code(text, label, isJSON = false) {
  const cut = text.length > longest;
  const shown = cut ? text.slice(0, longest) : text;
  return h("pre.code", { tabindex: "0", role: "region", "aria-label": label }, isJSON ? coloured(shown) : shown,
    cut && h("span.faint", {}, "\n… the rest is in the attachment"));
}

const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    const [whole, string, colon, word] = match;
    if (string) {
      parts.push(h(colon ? "span.key" : "span.string", {}, string));
      if (colon) parts.push(colon);
    } else parts.push(h(word ? "span.word" : "span.digits", {}, whole));
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** Bytes as text: UTF-8 where it is, laid out where it is JSON; null for what is no text. */
export function readable(bytes) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  try {
    // Laid out from the text, not from parsed values: numbers keep their digits.
    JSON.parse(text);
    return { text: layOut(text), isJSON: true };
  } catch {
    return { text, isJSON: false };
  }
}

/** Indents JSON without reading its values. */
export function layOut(text) {
  let [result, depth] = ["", 0];
  const pattern = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
  const parts = text.match(pattern) ?? [];
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [index, part] of parts.entries()) {
    if (part === "{" || part === "[") {
      depth += 1;
      const isEmpty = parts[index + 1] === "}" || parts[index + 1] === "]";
      result += part + (isEmpty ? "" : line());
    } else if (part === "}" || part === "]") {
      depth -= 1;
      const isEmpty = parts[index - 1] === "{" || parts[index - 1] === "[";
      result += (isEmpty ? "" : line()) + part;
    } else if (part === ",") result += `,${line()}`;
    else result += part === ":" ? ": " : part;
  }
  return result;
}
