// Values as people read them. Times are shown in the reader's own zone, with UTC at hand.

const NUMBER = new Intl.NumberFormat("en");
const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const number = (value) => (typeof value === "number" ? NUMBER.format(value) : "–");

/** Milliseconds since the epoch of what the API gives: RFC 3339, or the same number. */
export const millis = (at) => (typeof at === "number" ? at : Date.parse(at));
export const iso = (at) => new Date(millis(at)).toISOString();
export const date = (at) => DATE.format(millis(at));
export const clock = (at) => CLOCK.format(millis(at));

export const percent = (value) => (typeof value === "number" ? `${Math.round(value * 10) / 10} %` : "–");

/** `snake_case` and `kebab-case` as words. */
export function label(name) {
  const text = String(name).replaceAll(/[_-]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `3 h 20 min`, of milliseconds. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).map(([n, unit]) => `${n} ${unit}`).join(" ");
}
