// Pictures of figures: stacked columns, a spark line, a flow in one bar. Each says in words what it shows.

import { h, s } from "./dom.js";
import { number, short } from "./text.js";
import { tick } from "./time.js";

const [width, height] = [1000, 100];

/**
 * Stacked columns over time. The picture stretches to its place; the axes are text beside it, so they stay legible.
 * @param {{title: string, from: number, stepMinutes: number, series: {name: string, tone: string, values: number[]}[]}} figures
 */
export function columns({ title, from, stepMinutes, series }) {
  const count = series[0]?.values.length ?? 0;
  const sums = Array.from({ length: count }, (_, index) => series.reduce((total, one) => total + Math.max(0, one.values[index]), 0));
  const most = niceTop(Math.max(1, ...sums));
  const step = width / Math.max(1, count);
  const y = (value) => height - (value / most) * height;
  const at = (index) => tick(from + index * stepMinutes * 60_000, stepMinutes);
  const picture = s("svg.plot", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `${title}: ${inWords(series)}` },
    [0, 0.5, 1].map((share) => s("line.grid", { x1: 0, x2: width, y1: y(most * share), y2: y(most * share) })));
  for (let index = 0; index < count; index += 1) {
    const parts = series.filter((one) => one.values[index] > 0);
    let base = 0;
    for (const { tone, values } of parts) {
      const [upper, lower] = [y(base + values[index]), y(base)];
      picture.append(s(`rect.${tone}`, { x: index * step + step * 0.1, y: upper, width: step * 0.8, height: lower - upper }));
      base += values[index];
    }
    const text = `${at(index)}: ${parts.map((one) => `${one.name} ${number(one.values[index])}`).join(", ") || "nothing"}`;
    picture.append(s("rect.hover", { x: index * step, y: 0, width: step, height }, s("title", {}, text)));
  }
  return h("figure.chart", {}, h("figcaption", {}, h("h2", {}, title), legend(series)),
    h("div.plotted", {}, h("div.scale", { "aria-hidden": "true" }, [most, most / 2, 0].map((value) => h("span", {}, short(value)))), picture,
      h("div.ticks", { "aria-hidden": "true" }, [0, count / 2, count].map((index) => h("span", {}, at(index))))));
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

const inWords = (series) => series.map((one) => `${one.name} ${number(sum(one.values))}`).join(", ") || "nothing";

function legend(series) {
  return h("ul.legend", {}, series.map((one) => h("li", {}, h(`span.swatch.${one.tone}`), h("span.clip", { title: one.name }, one.name), h("strong", {}, short(sum(one.values))))));
}

/** The next of 1, 2, 4, 5, 10, 20, … */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value);
}

/** A line without axes, as wide as its place; the number beside it says the rest. */
export function spark(values, tone) {
  const most = Math.max(1, ...values);
  const points = values.map((value, index) => `${((index / Math.max(1, values.length - 1)) * 100).toFixed(2)},${(22 - (Math.max(0, value) / most) * 20).toFixed(2)}`);
  return s("svg.spark", { viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    s(`polygon.${tone}`, { points: `0,24 ${points.join(" ")} 100,24` }), s(`polyline.${tone}`, { points: points.join(" ") }));
}

/** Where all of something is, as one bar with its parts named. */
export function flow(title, total, parts, sound) {
  const seen = parts.filter((part) => part.value > 0);
  const whole = Math.max(1, sum(seen.map((part) => part.value)));
  const picture = s("svg.flow", { viewBox: "0 0 1000 16", preserveAspectRatio: "none", role: "img",
    "aria-label": `${title}: ${number(total)} in, ${seen.map((part) => `${part.name} ${number(part.value)}`).join(", ") || "nothing yet"}` });
  let x = 0;
  for (const part of seen) {
    const length = Math.max(3, (part.value / whole) * 1000);
    const piece = s(`rect.${part.tone}`, { x, y: 0, width: Math.max(1, Math.min(length, 1000 - x) - 1), height: 16 });
    piece.append(s("title", {}, `${part.name} ${number(part.value)}`));
    picture.append(piece);
    x += length;
  }
  return h("div.flowrow", {}, h("p.flowhead", {}, h("strong", { title }, title), h("span.faint", {}, `${number(total)} in`), sound),
    picture, h("ul.legend", {}, seen.map((part) => h("li", {}, h(`span.swatch.${part.tone}`), part.name, h("strong", {}, short(part.value))))));
}
