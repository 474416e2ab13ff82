// A forecast as a line in time: from the first message to the last, with what must not be passed.
import { date, millis, span } from "./format.js";
import { Facts, Time, html } from "./view.js";

/** Twilio keeps a message in its queue for ten hours at most. */
const QUEUE = 10 * 3_600_000;
const MARGIN = 4;

/** Where each mark stands, in per cent of the line's length. */
export function marks(forecast, deadline) {
  const start = millis(forecast.starts_at);
  const end = forecast.finishes_at ? millis(forecast.finishes_at) : undefined;
  const due = deadline ? millis(deadline) : undefined;
  const last = Math.max(end ?? 0, due ?? 0, start + 60_000);
  const place = (at) => MARGIN + ((at - start) / (last - start)) * (100 - 2 * MARGIN);
  return {
    start: place(start),
    end: place(Math.max(end ?? last, start)),
    due: due === undefined ? undefined : place(due),
    queue: start + QUEUE < last ? place(start + QUEUE) : undefined,
    late: end === undefined || (due !== undefined && end > due),
    length: end === undefined ? undefined : end - start,
  };
}

export function Timeline({ of, deadline }) {
  const at = marks(of, deadline);
  const said = of.finishes_at
    ? `From ${date(of.starts_at)} to ${date(of.finishes_at)}, ${span(at.length)}`
    : `From ${date(of.starts_at)}, for more than a year`;
  const text = `${said}${deadline ? `; deadline ${date(deadline)}${at.late ? ", which it misses" : ""}` : ""}`;
  const line = (x, name) => html`<line class=${name} x1=${`${x}%`} x2=${`${x}%`} y1="8" y2="52" />`;
  return html`<svg class="timeline" role="img" aria-label=${`Timeline. ${text}`} width="100%" height="72">
      <line class="axis" x1=${`${MARGIN}%`} x2=${`${100 - MARGIN}%`} y1="40" y2="40" />
      <rect class=${at.late ? "span late" : "span"} x=${`${at.start}%`} width=${`${Math.max(0.5, at.end - at.start)}%`} y="26" height="14" rx="3" />
      ${line(at.start, "mark")} ${line(at.end, "mark")}
      <text x=${`${at.start}%`} y="66">first message</text>
      ${at.end - at.start > 30 && html`<text x=${`${at.end}%`} y="66" text-anchor="end">last message</text>`}
      ${at.due !== undefined && html`${line(at.due, "due")}<text class="due" x=${`${at.due}%`} y="18" text-anchor="end">deadline </text>`}
      ${at.queue !== undefined && html`${line(at.queue, "due")}<text class="due" x=${`${at.queue}%`} y="18">ten hours</text>`}
    </svg>
    <${Facts} of=${[
      ["First message", html`<${Time} at=${of.starts_at} />`],
      ["Last message", of.finishes_at ? html`<${Time} at=${of.finishes_at} />` : "In more than a year"],
      ["Takes", at.length === undefined ? undefined : span(at.length)],
      ["Deadline", deadline && html`<${Time} at=${deadline} />`],
      ["Segments per second", of.segments_per_second ?? "Not limited"],
    ]} />`;
}
