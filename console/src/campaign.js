// One campaign: its list, its forecast as a timeline, its orders, and how far it is.
import { useRef, useState } from "preact/hooks";
import { change, path } from "./api.js";
import { label, number } from "./format.js";
import { Timeline } from "./timeline.js";
import { Card, Facts, Field, Loaded, Operator, Outcome, Page, State, Table, Time, Twice, html, useChange, useLoad } from "./view.js";

const POLL = 3000;
const OPEN = ["draft"];

export function CampaignPage({ id }) {
  const campaign = useLoad(path("campaigns", id), POLL);
  return html`<${Page} title=${campaign.data?.name ?? "Campaign"} back=${["#/campaigns", "Campaigns"]}>
    <${Loaded} of=${campaign}>
      ${(one) => html`<${Facts} of=${[
          ["Status", html`<${State} of=${one.status} /> ${one.reason && label(one.reason)}`],
          ["Sender", one.sender],
          ["Kind", label(one.kind)],
          ["Segments per second", one.segments_per_second],
          ["Made", html`<${Time} at=${one.created_at} /> by ${one.created_by}`],
          ["Started", one.started_at && html`<${Time} at=${one.started_at} />`],
          ["Rests until", one.rests_until && html`<${Time} at=${one.rests_until} />`],
          ["Finishes", one.finishes_at && html`<${Time} at=${one.finishes_at} />`],
          ["Deadline", one.deadline && html`<${Time} at=${one.deadline} />`],
          ["Ended", one.ended_at && html`<${Time} at=${one.ended_at} />`],
        ]} />
        <${Text} of=${one.content} />
        <${Progress} of=${one} />
        <${Operator}>
          <${Orders} of=${one} then=${campaign.reload} />
          ${OPEN.includes(one.status) && html`<${Recipients} id=${id} then=${campaign.reload} />`}
          <${Forecast} id=${id} deadline=${one.deadline} />
        <//>`}
    <//>
  <//>`;
}

function Text({ of }) {
  const body = typeof of === "string" ? of : of?.body;
  if (body) return html`<${Card} title="Text" wide><p class="body">${body}</p><//>`;
  return html`<${Card} title="Template" wide><pre tabindex="0" role="region" aria-label="Template">${JSON.stringify(of, null, 2)}</pre><//>`;
}

function Progress({ of }) {
  const failed = Object.entries(of.progress.failed ?? {});
  const count = { ...of.progress, failed: failed.reduce((sum, [, n]) => sum + n, 0) };
  const all = of.recipients.accepted;
  const done = Math.max(0, all - count.remaining);
  return html`<${Card} title="Progress" wide>
    <p><progress max=${all || 1} value=${done} aria-label="Progress"></progress> ${number(done)} of ${number(all)}</p>
    <${Facts} of=${["remaining", "pending", "sent", "delivered", "failed", "opted_out", "unknown", "expired"].map((name) => [label(name), number(count[name])])} />
    ${failed.length > 0 && html`<${Table} caption="Failed, by class" head=${["Class", "People"]} rows=${failed.map(([name, n]) => [label(name), number(n)])} />`}
  <//>`;
}

const ORDERS = {
  draft: ["start", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  completed: [],
  canceled: [],
};
const SAID = { start: "It is running.", pause: "It is paused.", resume: "It is running.", cancel: "It is canceled." };

function Orders({ of, then }) {
  const act = useChange();
  const order = (name) => async () => {
    await act.run(change("POST", path("campaigns", of.id, name)), SAID[name]);
    then();
  };
  return html`<div class="actions" role="group" aria-label="Orders">
      ${ORDERS[of.status]?.map(
        (name) =>
          name === "cancel"
            ? html`<${Twice} text="Cancel" sure="Really cancel for good" does=${order(name)} disabled=${act.busy} />`
            : html`<button type="button" class="main" disabled=${act.busy} onClick=${order(name)}>${label(name)}</button>`,
      )}
    </div>
    <${Outcome} of=${act} />`;
}

function Recipients({ id, then }) {
  const file = useRef();
  const act = useChange();
  const [report, setReport] = useState();
  const upload = async (event) => {
    event.preventDefault();
    const list = file.current.files[0];
    const type = /\.(ndjson|jsonl)$/i.test(list.name) ? "application/x-ndjson" : "text/csv";
    const answer = await act.run(change("PUT", path("campaigns", id, "recipients"), list, type), (got) => `${number(got.accepted)} people are on the list.`);
    setReport(answer);
    then();
  };
  return html`<${Card} title="Recipients" wide>
    <form class="filter" aria-label="Recipients" onSubmit=${upload}>
      <${Field} label="List" hint="CSV with the column to, or NDJSON; it replaces the list before it">
        ${(field, hint) => html`<input id=${field} aria-describedby=${hint} ref=${file} type="file" required accept=".csv,.txt,.ndjson,.jsonl" />`}
      <//>
      <button type="submit" class="main" disabled=${act.busy}>Upload</button>
    </form>
    <${Outcome} of=${act} />
    ${report && html`<${Facts} of=${["accepted", "opted_out", "duplicates", "bad"].map((name) => [label(name), number(report[name])])} />
      ${report.faults?.length > 0 && html`<${Table} caption="Lines that were not taken" head=${["Line", "Why"]}
        rows=${report.faults.map((fault) => [fault.line === fault.last ? fault.line : `${fault.line} to ${fault.last}`, fault.error])} />`}
      ${report.not_listed > 0 && html`<p>${number(report.not_listed)} more are not listed.</p>`}`}
  <//>`;
}

function Forecast({ id, deadline }) {
  const act = useChange();
  const [forecast, set] = useState();
  const ask = async () => set(await act.run(change("POST", path("campaigns", id, "forecast")), "The forecast is below."));
  return html`<${Card} title="Forecast" wide>
    <p><button type="button" onClick=${ask} disabled=${act.busy}>Forecast</button></p>
    <${Outcome} of=${act} />
    ${forecast && html`<${Timeline} of=${forecast} deadline=${deadline} />
      <${Facts} of=${[
        ["Recipients", number(forecast.recipients)],
        ["Opted out", number(forecast.opted_out)],
        ["Segments", number(forecast.segments)],
        ["GSM-7", `${number(forecast.gsm7.messages)} messages`],
        ["UCS-2", `${number(forecast.ucs2.messages)} messages`],
        ["Segments of the longest", forecast.longest],
        ["Price", forecast.price && `${forecast.price.amount.toFixed(2)} ${forecast.price.currency}`],
      ]} />
      <${Table} caption="Checks" head=${["Check", "Holds", "Why"]}
        rows=${forecast.checks.map((one) => [label(one.check), one.breaks ? html`<b class="bad">No</b>` : "Yes", one.detail])} />
      ${forecast.ucs2_because.length > 0 && html`<${Table} caption="Characters that force UCS-2" head=${["Character", "Messages", "First line", "Could be"]}
        rows=${forecast.ucs2_because.map((one) => [one.character, number(one.messages), one.first_line, one.replacement])} />`}
      <${Table} caption="Countries" head=${["Country", "Messages", "Segments"]}
        rows=${forecast.countries.map((one) => [one.country ?? "Not told by the address", number(one.messages), number(one.segments)])} />`}
  <//>`;
}
