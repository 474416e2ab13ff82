// Messages: everybody's by filter, one person's by address, one with all that happened to it.
import { useState } from "preact/hooks";
import { change, path, query } from "./api.js";
import { label } from "./format.js";
import { Card, Facts, Input, Loaded, More, Operator, Outcome, Page, Select, State, Table, Time, Twice, html, useChange, useLoad, usePages } from "./view.js";

const STATUSES = ["pending", "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read", "undelivered", "failed", "canceled", "received", "unknown"];
const BLANK = { search: "", status: "", direction: "", sender: "", since: "", until: "" };

/** What `datetime-local` holds, as RFC 3339. */
const moment = (text) => (text ? new Date(text).toISOString() : "");

export function MessagesPage() {
  const [form, setForm] = useState(BLANK);
  const [asked, ask] = useState(BLANK);
  const put = (name) => (value) => setForm({ ...form, [name]: value });
  const search = (event) => {
    event.preventDefault();
    const text = form.search.trim();
    if (text.startsWith("msg_")) location.hash = `#/messages/${encodeURIComponent(text)}`;
    else ask({ ...form, search: text });
  };
  const { search: contact, since, until, ...rest } = asked;
  const list = usePages(
    `/v1/messages${query({ ...rest, contact, since: moment(since), until: moment(until), limit: 50 })}`,
    (data) => data.messages,
  );
  return html`<${Page} title="Messages">
    <form class="filter" role="search" aria-label="Messages" onSubmit=${search}>
      <${Input} label="Person or message" hint="A number, an address, or msg_…" type="search" value=${form.search} set=${put("search")} />
      <${Select} label="Status" value=${form.status} set=${put("status")} options=${[["", "Any"], ...STATUSES]} />
      <${Select} label="Direction" value=${form.direction} set=${put("direction")} options=${[["", "Both"], "inbound", "outbound"]} />
      <${Input} label="Sender" value=${form.sender} set=${put("sender")} />
      <${Input} label="From" type="datetime-local" value=${form.since} set=${put("since")} />
      <${Input} label="Until" type="datetime-local" value=${form.until} set=${put("until")} />
      <button type="submit" class="main">Search</button>
    </form>
    <${Table} caption="Messages" hidden empty=${list.loading ? "Loading…" : "No message fits."}
      head=${["Time", "Direction", "From", "To", "Status", "Error", ""]}
      rows=${list.rows.map((one) => [
        html`<${Time} at=${one.created_at} />`,
        label(one.direction),
        one.from,
        one.to,
        html`<${State} of=${one.status} />`,
        one.error_code ?? one.error?.code,
        html`<a href=${`#/messages/${one.id}`} aria-label=${`Open ${one.id}`}>Open</a>`,
      ])} />
    <${More} of=${list} />
  <//>`;
}

/** A link to Twilio's page on a code, which says more than fits here. */
export function Code({ of }) {
  return of ? html`<a href=${`https://www.twilio.com/docs/api/errors/${of}`} rel="noreferrer" target="_blank">${of}</a>` : "–";
}

export function MessagePage({ id }) {
  const message = useLoad(path("messages", id));
  const act = useChange();
  const verb = (name, said) => async () => {
    await act.run(change("POST", path("messages", id, name)), said);
    message.reload();
  };
  return html`<${Page} title="Message" back=${["#/messages", "Messages"]}>
    <${Loaded} of=${message}>
      ${(one) => html`<${Facts} of=${[
          ["Id", html`<code>${one.id}</code>`],
          ["Status", html`<${State} of=${one.status} />`],
          ["Direction", label(one.direction)],
          ["Channel", one.channel],
          ["From", one.from ?? one.messaging_service_sid],
          ["To", one.to],
          ["Person", person(one)],
          ["Twilio’s SID", one.sid && html`<code>${one.sid}</code>`],
          ["Segments", one.segments && `${one.segments.count}, ${one.segments.encoding}`],
          ["Attempt", one.attempt],
          ["Made", html`<${Time} at=${one.created_at} />`],
          ["Next attempt", one.next_attempt_at && html`<${Time} at=${one.next_attempt_at} /> (${label(one.next_attempt_why)})`],
          ["Stopped because", one.stopped && label(one.stopped)],
        ]} />
        <${Card} title="Text" wide>
          <p class="body">${one.body || html`<span class="quiet">No text</span>`}</p>
          ${[...(one.media_urls ?? []), ...(one.media ?? []).map((medium) => medium.url ?? medium)].map(
            (url) => html`<p><code>${String(url)}</code></p>`,
          )}
        <//>
        ${one.error && html`<${Card} title="What went wrong" wide>
          <${Facts} of=${[["Twilio’s code", html`<${Code} of=${one.error.code} />`], ["Class", label(one.error.class)], ["What it means", one.error.meaning], ["What to do", one.error.action]]} />
        <//>`}
        <${Operator}>
          <div class="actions" role="group" aria-label="Change this message">
            <button type="button" onClick=${verb("cancel", "It will not be sent.")}>Cancel sending</button>
            <${Twice} text="Redact the text" sure="Really redact for good" does=${verb("redact", "Its text is gone, here and at Twilio.")} />
          </div>
        <//>
        <${Outcome} of=${act} />
        <${Card} title="Attempts before this one" wide>
          <${Table} caption="Attempts before this one" hidden empty="This is the first attempt."
            head=${["Attempt", "Time", "Channel", "SID", "Status", "Code", "Then"]}
            rows=${(one.earlier_attempts ?? []).map((before) => [
              before.attempt,
              html`<${Time} at=${before.at} />`,
              before.channel,
              before.sid,
              html`<${State} of=${before.status} />`,
              html`<${Code} of=${before.code} />`,
              before.then && label(before.then),
            ])} />
        <//>
        <${Card} title="History" wide>
          <${Table} caption="History" hidden head=${["Time", "What happened", "Code"]}
            rows=${one.history.map((entry) => [html`<${Time} at=${entry.at} />`, label(entry.event), html`<${Code} of=${entry.code} />`])} />
        <//>`}
    <//>
  <//>`;
}

function person(one) {
  const address = one.direction === "inbound" ? one.from : one.to;
  return address && html`<a href=${`#/contacts/${encodeURIComponent(address)}`}>Their page</a>`;
}
