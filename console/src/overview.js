// What the gateway is doing, now: one answer, again whenever it changes.
import { useEffect, useState } from "preact/hooks";
import { get } from "./api.js";
import { Chart } from "./chart.js";
import { clock, label, number, percent } from "./format.js";
import { Code } from "./messages.js";
import { Card, Facts, Fault, Page, State, Table, Time, html } from "./view.js";

/** Before a stream that was refused is asked for again. */
const PAUSE = 5_000;

function useLive() {
  const [state, set] = useState({ way: "connecting" });
  useEffect(() => {
    const stop = new AbortController();
    const take = (data) => set((old) => ({ ...old, data, error: undefined }));
    get("/v1/overview", stop.signal).then(take, (error) => stop.signal.aborted || set((old) => ({ ...old, error })));
    let live;
    let pause;
    const rest = () => {
      clearTimeout(pause);
      live?.close();
      live = undefined;
    };
    const listen = () => {
      if (live || document.hidden) return;
      live = new EventSource("/v1/live");
      live.addEventListener("open", () => set((old) => ({ ...old, way: "live" })));
      live.addEventListener("overview", (event) => take(JSON.parse(event.data)));
      live.addEventListener("error", () => {
        set((old) => ({ ...old, way: "reconnecting" }));
        // The browser comes back by itself after an end, not after a refusal: a session that is
        // over shows itself in the answer to an ordinary request.
        if (live?.readyState !== EventSource.CLOSED) return;
        rest();
        get("/v1/overview", stop.signal).then(take, () => {});
        pause = setTimeout(listen, PAUSE);
      });
    };
    // Nobody reads a page that is hidden, and one that the browser keeps for its back button
    // would hold a connection of the few that it has.
    const seen = () => (document.hidden ? rest() : listen());
    document.addEventListener("visibilitychange", seen);
    addEventListener("pagehide", rest);
    addEventListener("pageshow", seen);
    listen();
    return () => {
      stop.abort();
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("pagehide", rest);
      removeEventListener("pageshow", seen);
      rest();
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
    <p class="quiet"><span role="status">${label(way)}</span>${data && ` · figures of ${clock(data.now)}`}</p>
    ${error && !data && html`<${Fault} error=${error} />`}
    ${!data && !error && html`<p class="quiet">Loading…</p>`}
    ${data && html`<div class="cards">
      <${Minutes} minutes=${data.minutes ?? []} />
      <${Senders} senders=${data.senders ?? []} />
      <${Errors} errors=${data.errors ?? []} />
      <${Campaigns} campaigns=${data.campaigns ?? []} />
      <${Funnel} verify=${data.verify ?? {}} />
      <${OptOuts} of=${data.opt_outs ?? {}} />
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
  return html`<${Card} title="Delivery rate per sender, today" wide>
    <${Table} caption="Delivery rate per sender" hidden empty="Nothing was sent today."
      head=${["Sender", "Rate", "Threshold", "Sent", "Delivered", "Failed"]}
      rows=${senders.map((one) => {
        const rate = one.rate_percent;
        const low = typeof rate === "number" && rate < one.below_percent;
        return [
          html`<a href=${`#/senders/${encodeURIComponent(one.sender)}`}>${one.sender}</a>`,
          html`<span class="rate">${percent(rate)}${low && html` <b class="bad">below the threshold</b>`}
            ${typeof rate === "number" && html`<${Bar} share=${rate} mark=${one.below_percent} low=${low} />`}</span>`,
          percent(one.below_percent),
          number(one.sent),
          number(one.delivered),
          number(one.failed),
        ];
      })} />
  <//>`;
}

function Errors({ errors }) {
  const most = Math.max(1, ...errors.map((one) => one.count));
  return html`<${Card} title="Errors by class, today" wide>
    <${Table} caption="Errors by class" hidden empty="No errors."
      head=${["Class", "Code", "Count", "What it means", "What to do"]}
      rows=${errors.map((one) => [
        label(one.class),
        html`<${Code} of=${one.code} />`,
        html`<span class="rate">${number(one.count)} <${Bar} share=${(100 * one.count) / most} low /></span>`,
        one.meaning,
        one.action,
      ])} />
  <//>`;
}

function Campaigns({ campaigns }) {
  return html`<${Card} title="Running campaigns" wide>
    <${Table} caption="Running campaigns" hidden empty="None is running."
      head=${["Campaign", "Status", "Progress", "Started"]}
      rows=${campaigns.map((one) => [
        html`<a href=${`#/campaigns/${one.id}`}>${one.name}</a>`,
        html`<${State} of=${one.status} />`,
        html`<progress max=${one.accepted || 1} value=${one.accepted - one.remaining} aria-label=${`Progress of ${one.name}`}></progress>
          ${` ${number(one.accepted - one.remaining)} of ${number(one.accepted)}`}`,
        html`<${Time} at=${one.started_at} />`,
      ])} />
  <//>`;
}

function Funnel({ verify }) {
  const lines = [{ channel: "All", ...verify }, ...(verify.by_channel ?? [])];
  const row = ({ channel, started, approved }) => [
    label(channel),
    number(started),
    html`<span class="rate">${number(approved)} ${started > 0 && html`<${Bar} share=${(100 * approved) / started} />`}</span>`,
    percent(started ? (100 * approved) / started : undefined),
  ];
  return html`<${Card} title=${`Verify funnel, ${verify.hours ?? 24} hours`}>
    <${Table} caption="Verify funnel" hidden empty="No code was sent."
      head=${["Channel", "Started", "Approved", "Share"]} rows=${verify.started ? lines.map(row) : []} />
    <${Facts} of=${[["Blocked prefixes and networks", number(verify.blocks)]]} />
  <//>`;
}

function OptOuts({ of }) {
  return html`<${Card} title="Opt-outs, today">
    <${Facts} of=${[["Opted out", number(of.today)], ["Opted in", number(of.opt_ins_today)]]} />
  <//>`;
}

function Rejections({ of }) {
  return html`<${Card} title="Webhook rejections">
    <${Facts} of=${[[of.is_approximate ? "Today, about" : "Today", number(of.today)]]} />
    <${Table} caption="Webhook rejections by cause" hidden empty="None was refused."
      head=${["Cause", "Count"]}
      rows=${Object.entries(of.by_cause ?? {}).map(([cause, count]) => [label(cause), number(count)])} />
  <//>`;
}
