// Times in the viewer's zone, with UTC where the pointer rests.

import { h } from "./dom.js";

const precise = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const hourMinute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });

/** The zone that times are shown in. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const isToday = (date) => date.toDateString() === new Date().toDateString();

/** A time element: the clock today, day and clock before; UTC on hover. */
export function moment(text) {
  if (!text) return "–";
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return String(text);
  return h("time", { datetime: text, title: `${date.toISOString().replace("T", " ").replace("Z", "")} UTC` },
    isToday(date) ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`);
}

/** The same to the millisecond, with the day unless it is that of `since`. */
export function exact(text, since) {
  if (!text) return "–";
  const date = new Date(text);
  const isSame = since && new Date(since).toDateString() === date.toDateString();
  return h("time", { datetime: text, title: `${date.toISOString().replace("T", " ").replace("Z", "")} UTC` },
    isSame ? precise.format(date) : `${day.format(date)}, ${precise.format(date)}`);
}

/** How much later, to the millisecond while that says something: 82 ms, 4 s, 3 min */
export function later(text, since) {
  const milliseconds = Math.max(0, Date.parse(text) - Date.parse(since));
  return milliseconds < 1000 ? `${milliseconds} ms` : span(milliseconds / 1000);
}

/** 42 s, 3 min, 2 h, 5 d */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** How long ago, as an element that says when. */
export function ago(text) {
  if (!text) return "–";
  const element = moment(text);
  if (typeof element === "string") return element;
  element.textContent = `${span(Math.max(0, (Date.now() - Date.parse(text)) / 1000))} ago`;
  element.title = `${full.format(new Date(text))} · ${element.title}`;
  return element;
}

/** A tick of a chart's axis. */
export const tick = (milliseconds, stepMinutes) =>
  (stepMinutes >= 60 ? weekday : hourMinute).format(new Date(milliseconds));

/** The value of an `<input type="datetime-local">` as RFC 3339 in UTC; empty stays away. */
export function fromInput(value) {
  const date = new Date(value);
  return value && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}

/** RFC 3339 as the value of an `<input type="datetime-local">`. */
export function toInput(text) {
  const date = new Date(text ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
