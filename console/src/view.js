// What every page is written with: preact, its hooks, and the small parts that pages share.
// Text goes into the document as text: nothing here or elsewhere sets HTML.
import { html } from "htm/preact";
import { createContext } from "preact";
import { useContext, useEffect, useId, useState } from "preact/hooks";
import { get } from "./api.js";
import { date, iso, label } from "./format.js";

export { html };

/** `{actor, role, expires_at}` of the session. */
export const Session = createContext({ role: "viewer" });

/** Shown to operators only: a viewer sees no control that changes anything. */
export function Operator({ children }) {
  return useContext(Session).role === "operator" ? children : null;
}

/** What `GET path` answers: `{data, error, loading, reload}`. `null` asks nothing. */
export function useLoad(path, every) {
  const [state, set] = useState({});
  const [turn, again] = useState(0);
  useEffect(() => {
    if (path === null) {
      set({});
      return undefined;
    }
    const stop = new AbortController();
    set((old) => ({ data: old.path === path ? old.data : undefined, path, loading: true }));
    get(path, stop.signal).then(
      (data) => set({ data, path }),
      (error) => stop.signal.aborted || set((old) => ({ ...old, error, loading: false })),
    );
    return () => stop.abort();
  }, [path, turn]);
  useEffect(() => {
    if (!every) return undefined;
    const timer = setInterval(() => document.hidden || again((n) => n + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  return { ...state, reload: () => again((n) => n + 1) };
}

/** A list whose pages follow each other: the parameter, and the member of the answer it comes from. */
export function usePages(path, rows, [asks, next] = ["cursor", "next_cursor"]) {
  const [state, set] = useState({ rows: [], loading: true });
  const ask = (cursor, before) => {
    const stop = new AbortController();
    const mark = path.includes("?") ? "&" : "?";
    const url = cursor ? `${path}${mark}${asks}=${encodeURIComponent(cursor)}` : path;
    set({ rows: before, loading: true });
    get(url, stop.signal).then(
      (data) => set({ rows: [...before, ...rows(data)], next: data[next] }),
      (error) => stop.signal.aborted || set({ rows: before, error }),
    );
    return () => stop.abort();
  };
  const [turn, again] = useState(0);
  useEffect(() => ask(null, []), [path, turn]);
  return {
    ...state,
    more: state.next ? () => ask(state.next, state.rows) : undefined,
    reload: () => again((n) => n + 1),
  };
}

/** A change that an operator asks for: `run(promise, said)` tells what came of it. */
export function useChange() {
  const [state, set] = useState({});
  const run = async (what, said) => {
    set({ busy: true });
    try {
      const answer = await what;
      set({ said: typeof said === "function" ? said(answer) : said });
      return answer;
    } catch (error) {
      set({ error });
      return undefined;
    }
  };
  return { ...state, run, clear: () => set({}) };
}

/** What came of a change, spoken by screen readers. */
export function Outcome({ of }) {
  return html`<div role="status" class="outcome">${of.said && html`<p class="good">${of.said}</p>`}</div>
    ${of.error && html`<${Fault} error=${of.error} />`}`;
}

/** A problem (RFC 9457) as the API gives it. */
export function Fault({ error, retry }) {
  const body = error.body ?? {};
  return html`<div role="alert" class="fault">
    <p><strong>${body.title ?? "That did not work"}</strong></p>
    <p>${body.detail ?? error.message}</p>
    ${body.twilio && html`<p>${body.twilio.meaning}. ${body.twilio.action}</p>`}
    ${Array.isArray(body.errors) &&
    html`<ul>${body.errors.map((one) => html`<li><code>${one.pointer}</code> ${one.detail ?? one.message}</li>`)}</ul>`}
    ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
  </div>`;
}

/** Shows what was loaded, that it is loading, or why it is not there. */
export function Loaded({ of, children }) {
  if (of.error) return html`<${Fault} error=${of.error} retry=${of.reload} />`;
  if (of.data === undefined) return html`<p class="quiet" role="status">Loading…</p>`;
  return children(of.data);
}

/** A labelled control; `children` gets the id that ties both together. */
export function Field({ label: text, hint, children, wide }) {
  const id = useId();
  return html`<div class=${wide ? "field wide" : "field"}>
    <label for=${id}>${text}</label>
    ${children(id, hint ? `${id}-hint` : undefined)}
    ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
  </div>`;
}

export function Input({ label: text, hint, value, set, wide, ...rest }) {
  return html`<${Field} label=${text} hint=${hint} wide=${wide}>
    ${(id, described) => html`<input id=${id} aria-describedby=${described} value=${value}
      onInput=${(event) => set(event.target.value)} ...${rest} />`}
  <//>`;
}

export function TextArea({ label: text, hint, value, set, ...rest }) {
  return html`<${Field} label=${text} hint=${hint} wide>
    ${(id, described) => html`<textarea id=${id} aria-describedby=${described} value=${value}
      onInput=${(event) => set(event.target.value)} ...${rest}></textarea>`}
  <//>`;
}

/** `options` are `[value, text]`, or values that are their own text. */
export function Select({ label: text, hint, value, set, options, ...rest }) {
  return html`<${Field} label=${text} hint=${hint}>
    ${(id, described) => html`<select id=${id} aria-describedby=${described} value=${value}
      onChange=${(event) => set(event.target.value)} ...${rest}>
      ${options.map((option) => {
        const [one, shown] = Array.isArray(option) ? option : [option, label(option)];
        return html`<option value=${one} selected=${one === value}>${shown}</option>`;
      })}
    </select>`}
  <//>`;
}

/** A table with a caption, in a box that scrolls by keyboard where it is too wide. */
export function Table({ caption, head, rows, empty = "Nothing yet.", hidden }) {
  if (!rows.length) return html`<p class="quiet">${empty}</p>`;
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0">
    <table>
      <caption class=${hidden ? "unseen" : ""}>${caption}</caption>
      <thead><tr>${head.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
      <tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell ?? "–"}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}

/** Pairs of term and description; a pair without a description is left out. */
export function Facts({ of }) {
  return html`<dl class="facts">
    ${of
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

export function Time({ at }) {
  return at ? html`<time datetime=${iso(at)} title=${iso(at)}>${date(at)}</time>` : "–";
}

/** A state as a word in a colour: the word alone tells it. */
export function State({ of }) {
  return html`<span class=${`state ${tone(of)}`}>${label(of ?? "unknown")}</span>`;
}

const TONES = {
  good: ["delivered", "read", "completed", "running", "approved", "received", "active", "in"],
  bad: ["failed", "undelivered", "dead", "canceled", "cancelled", "refused", "out"],
  warn: ["unknown", "pending", "paused", "stuck", "missing"],
};

function tone(state) {
  return Object.keys(TONES).find((name) => TONES[name].includes(state)) ?? "plain";
}

export function More({ of }) {
  return html`<p class="more" role="status">${of.loading ? "Loading…" : `${of.rows.length} shown`}</p>
    ${of.error && html`<${Fault} error=${of.error} retry=${of.reload} />`}
    ${of.more && !of.loading && html`<button type="button" onClick=${of.more}>Show older</button>`}`;
}

/** A button for what cannot be taken back: it takes two presses. */
export function Twice({ text, sure, does, disabled }) {
  const [asked, ask] = useState(false);
  const press = () => {
    ask(!asked);
    if (asked) does();
  };
  return html`<button type="button" disabled=${disabled} onClick=${press} onBlur=${() => ask(false)}>${asked ? sure : text}</button>`;
}

/** A page's frame: its heading takes the focus when a person came here by a link. */
export function Page({ title, children, back }) {
  useEffect(() => {
    document.title = `${title} · hookswitch console`;
  }, [title]);
  return html`${back && html`<p class="back"><a href=${back[0]}>← ${back[1]}</a></p>`}
    <h1 tabindex="-1">${title}</h1>
    ${children}`;
}

export function Card({ title, children, wide }) {
  const id = useId();
  return html`<section class=${wide ? "card wide" : "card"} aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${children}
  </section>`;
}
