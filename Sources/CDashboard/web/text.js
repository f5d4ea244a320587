// Numbers, sizes and texts as people read them.

/** Controls, bidirectional marks, invisible and tag characters: what can lie about the text around it. */
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * Text with hidden characters made visible: a control character as its picture (U+2400 block), others as `⟨U+202E⟩`.
 * @param {unknown} value
 */
export function visible(value) {
  return String(value).replace(hidden, (character) => {
    const code = character.codePointAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

const whole = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

/** 12,345 */
export const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));

/** 12.3K; below 10,000 in full */
export const short = (value) => (Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value));

export function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? whole.format(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 1 event, 2 events */
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** queue_full → Queue full; mendMapping → Mend mapping */
export function words(name) {
  const text = String(name).replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
