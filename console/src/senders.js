// Senders: what each may send, what it has sent today, and what became of it.
import { useState } from "preact/hooks";
import { change, path } from "./api.js";
import { Chart } from "./chart.js";
import { label, number, percent } from "./format.js";
import { Card, Facts, Input, Loaded, Operator, Outcome, Page, Table, Time, html, useChange, useLoad } from "./view.js";

export function SendersPage() {
  const senders = useLoad("/v1/senders");
  const [name, setName] = useState("");
  return html`<${Page} title="Senders">
    <${Loaded} of=${senders}>
      ${({ senders: list }) => html`<${Table} caption="Senders" hidden empty="No sender is configured."
        head=${["Name", "Address", "Kind", "Segments per second", "Segments a day"]}
        rows=${list.map((one) => [
          html`<a href=${`#/senders/${encodeURIComponent(one.name)}`}>${one.name}</a>`,
          one.address ?? one.messaging_service_sid,
          one.kind && label(one.kind),
          one.segments_per_second,
          one.daily_cap,
        ])} />`}
    <//>
    <${Operator}><${Card} title="New sender" wide>
      <${Input} label="Name" hint="a-z, 0-9, - and _" value=${name} set=${setName} />
      <${Limits} name=${name} document=${{}} fresh then=${senders.reload} />
    <//><//>
  <//>`;
}

export function SenderPage({ id }) {
  const sender = useLoad(path("senders", id));
  const stats = useLoad(path("senders", id, "stats"));
  const unnamed = sender.error?.status === 404;
  return html`<${Page} title=${id} back=${["#/senders", "Senders"]}>
    ${unnamed && html`<p>No sender of this name is configured; these are the figures of the address.</p>`}
    ${!unnamed && html`<${Loaded} of=${sender}>
      ${(one) => html`<${Facts} of=${[
          ["Address", one.address],
          ["Messaging Service", one.messaging_service_sid],
          ["Kind", one.kind && label(one.kind)],
          ["Brand", one.brand],
          ["Marketing arrives", one.quiet_hours && `${one.quiet_hours.from} to ${one.quiet_hours.to}`],
        ]} />
        <${Card} title="Pace now">
          <${Facts} of=${[
            ["Segments per second", one.pace?.segments_per_second ?? "Not limited"],
            ["Used today", number(one.pace?.used_today)],
            ["Cap today", one.pace?.cap_today ? number(one.pace.cap_today) : "None"],
            ["Rests until", one.pace?.rests_until && html`<${Time} at=${one.pace.rests_until} />`],
          ]} />
        <//>
        <${Operator}><${Card} title="Rates and caps" wide>
          <${Limits} key=${JSON.stringify(one)} name=${id} document=${one} then=${sender.reload} />
        <//><//>`}
    <//>`}
    <${Loaded} of=${stats}>${(one) => html`<${Figures} of=${one} />`}<//>
  <//>`;
}

const KINDS = ["delivered", "failed", "canceled"];
const head = (first) => [first, "Delivered", "Failed", "Rate"];
const row = ([name, one]) => [name || "Not told", number(one.delivered), number(one.failed), percent(one.rate_percent)];

function Figures({ of }) {
  const errors = Object.entries(of.by_error ?? {});
  return html`<${Card} title="Figures of the last day" wide>
    <${Facts} of=${[["Delivered", number(of.total.delivered)], ["Failed", number(of.total.failed)], ["Rate", percent(of.total.rate_percent)]]} />
    <${Chart} title="Ended per hour" at=${of.series.map((one) => one.at)}
      series=${KINDS.map((kind) => ({ name: label(kind), values: of.series.map((one) => one[kind] ?? 0) }))} />
    <${Table} caption="By country" head=${head("Country")} rows=${Object.entries(of.by_country ?? {}).map(row)} />
    <${Table} caption="By channel" head=${head("Channel")} rows=${Object.entries(of.by_channel ?? {}).map(row)} />
    <${Table} caption="By error" empty="No errors." head=${["Code", "Failed"]} rows=${errors.map(([code, n]) => [code, number(n)])} />
  <//>`;
}

/** What `PUT` takes of what `GET` shows. */
export function document_of({ name, kind, pace, ...rest }) {
  return rest;
}

function Limits({ name, document, fresh, then }) {
  const [form, setForm] = useState({
    address: document.address ?? "",
    rate: document.segments_per_second ?? "",
    cap: document.daily_cap ?? "",
  });
  const put = (field) => (value) => setForm({ ...form, [field]: value });
  const act = useChange();
  const save = async (event) => {
    event.preventDefault();
    const { segments_per_second: _, daily_cap: __, ...rest } = document_of(document);
    const body = { ...rest };
    const service = form.address.startsWith("MG");
    if (fresh) body[service ? "messaging_service_sid" : "address"] = form.address;
    if (form.rate) body.segments_per_second = Number(form.rate);
    if (form.cap) body.daily_cap = Number(form.cap);
    if (await act.run(change("PUT", path("senders", name), body), "It is in force.")) then();
  };
  return html`<form class="filter" aria-label="Rates and caps" onSubmit=${save}>
      ${fresh && html`<${Input} label="Address" hint="A number, whatsapp:+…, or MG…" required value=${form.address} set=${put("address")} />`}
      <${Input} label="Segments per second" hint="Empty: the usual rate" type="number" min="1" max="10000" value=${form.rate} set=${put("rate")} />
      <${Input} label="Segments a day" hint="Empty: no cap" type="number" min="1" value=${form.cap} set=${put("cap")} />
      <button type="submit" class="main" disabled=${act.busy}>Save</button>
    </form>
    <${Outcome} of=${act} />`;
}
