// What the gateway is doing, now: one answer, again whenever it changes.
import { useEffect, useState } from "preact/hooks";
import { get } from "./api.js";
import { Chart } from "./chart.js";
import { clock, label, number, percent } from "./format.js";
import { Card, Facts, Fault, Page, State, Table, Time, html } from "./view.js";

function useLive() {
  const [state, set] = useState({ way: "connecting" });
  useEffect(() => {
    const stop = new AbortController();
    const take = (data) => set((old) => ({ ...old, data, error: undefined }));
    get("/v1/overview", stop.signal).then(take, (error) => stop.signal.aborted || set((old) => ({ ...old, error })));
    const live = new EventSource("/v1/live");
    live.addEventListener("open", () => set((old) => ({ ...old, way: "live" })));
    live.addEventListener("error", () => set((old) => ({ ...old, way: "reconnecting" })));
    live.addEventListener("overview", (event) => take(JSON.parse(event.data)));
    return () => {
      stop.abort();
      live.close();
    };
  }, []);
  useEffect(() => {
    // When a person can read it, for who measures that.
    if (state.data) performance.mark("overview");
  }, [!state.data]);
  return state;
}

export function OverviewPage() {
  const { data, error, way } = useLive();
  return html`<${Page} title="Overview">
    <p class="quiet" role="status">${label(way)}${data && ` · figures of ${clock(data.now)}`}</p>
    ${error && !data && html`<${Fault} error=${error} />`}
    ${!data && !error && html`<p class="quiet">Loading…</p>`}
    ${data && html`<div class="cards">
      <${Minutes} minutes=${data.minutes ?? []} />
      <${Senders} senders=${data.senders ?? []} />
      <${Errors} errors=${data.errors ?? []} />
      <${Campaigns} campaigns=${data.campaigns ?? []} />
      <${Funnel} verify=${data.verify ?? {}} />
      <${Counts} title="Opt-outs" of=${data.opt_outs ?? {}} />
      <${Rejections} of=${data.rejections ?? {}} />
    </div>`}
  <//>`;
}

const KINDS = ["sent", "delivered", "failed", "received"];

function Minutes({ minutes }) {
  return html`<${Card} title="Messages per minute" wide>
    <${Chart} title="Messages per minute" at=${minutes.map((one) => one.at)}
      series=${KINDS.map((kind) => ({ name: label(kind), values: minutes.map((one) => one[kind] ?? 0) }))} />
  <//>`;
}

/** A share as a bar with a mark where it becomes too little. */
function Bar({ share, mark, low }) {
  const at = (value) => `${Math.min(100, Math.max(0, value))}%`;
  return html`<svg class=${low ? "bar low" : "bar"} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="all" width="100" height="10" /><rect class="share" width=${at(share)} height="10" />
    ${mark !== undefined && html`<rect class="mark" x=${at(mark)} width="1" height="10" />`}
  </svg>`;
}

function Senders({ senders }) {
  return html`<${Card} title="Delivery rate per sender">
    <${Table} caption="Delivery rate per sender" hidden empty="No message has ended yet."
      head=${["Sender", "Rate", "Threshold", "Delivered", "Failed"]}
      rows=${senders.map((one) => {
        const low = typeof one.rate === "number" && one.rate < one.threshold;
        return [
          html`<a href=${`#/senders/${encodeURIComponent(one.sender)}`}>${one.sender}</a>`,
          html`<span class="rate">${percent(one.rate)}${low && html` <b class="bad">below</b>`}
            ${typeof one.rate === "number" && html`<${Bar} share=${one.rate} mark=${one.threshold} low=${low} />`}</span>`,
          percent(one.threshold),
          number(one.delivered),
          number(one.failed),
        ];
      })} />
  <//>`;
}

function Errors({ errors }) {
  const most = Math.max(1, ...errors.map((one) => one.count));
  return html`<${Card} title="Errors by class">
    <${Table} caption="Errors by class" hidden empty="No errors."
      head=${["Class", "Code", "Count"]}
      rows=${errors.map((one) => [
        label(one.class),
        one.code || "–",
        html`<span class="rate">${number(one.count)} <${Bar} share=${(100 * one.count) / most} low /></span>`,
      ])} />
  <//>`;
}

function Campaigns({ campaigns }) {
  return html`<${Card} title="Running campaigns">
    <${Table} caption="Running campaigns" hidden empty="None is running."
      head=${["Campaign", "Status", "Progress", "Finishes"]}
      rows=${campaigns.map((one) => [
        html`<a href=${`#/campaigns/${one.id}`}>${one.name}</a>`,
        html`<${State} of=${one.status} />`,
        html`<progress max=${one.total || 1} value=${one.sent} aria-label=${`Progress of ${one.name}`}></progress>
          ${` ${number(one.sent)} of ${number(one.total)}`}`,
        html`<${Time} at=${one.finish_at} />`,
      ])} />
  <//>`;
}

function Funnel({ verify }) {
  const steps = Object.entries(verify).filter(([, value]) => typeof value === "number");
  const most = Math.max(1, ...steps.map(([, value]) => value));
  return html`<${Card} title="Verify funnel">
    <${Table} caption="Verify funnel" hidden empty="No code was sent."
      head=${["Step", "Codes"]}
      rows=${steps.map(([name, value]) => [
        label(name),
        html`<span class="rate">${number(value)} <${Bar} share=${(100 * value) / most} /></span>`,
      ])} />
  <//>`;
}

function Counts({ title, of }) {
  return html`<${Card} title=${title}>
    <${Facts} of=${Object.entries(of).map(([name, value]) => [label(name), number(value)])} />
  <//>`;
}

function Rejections({ of }) {
  return html`<${Card} title="Webhook rejections">
    <${Facts} of=${[["Today", number(of.today)]]} />
    <${Table} caption="Webhook rejections by cause" hidden empty="None was refused."
      head=${["Cause", "Count"]}
      rows=${Object.entries(of.by_cause ?? {}).map(([cause, count]) => [label(cause), number(count)])} />
  <//>`;
}
