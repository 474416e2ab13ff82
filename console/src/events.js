// What the application was told: deliveries, dead letters, and telling it again.
import { useState } from "preact/hooks";
import { change, path, query } from "./api.js";
import { Card, Facts, Input, Loaded, More, Operator, Outcome, Page, Select, State, Table, Time, html, useChange, useLoad, usePages } from "./view.js";

const STATES = [["", "Any"], "pending", "delivered", ["dead", "Dead letters"], ["kept", "Kept: no application"]];

export function EventsPage() {
  const [state, setState] = useState("");
  const [type, setType] = useState("");
  const [asked, ask] = useState("");
  const list = usePages(`/v1/events${query({ state, type: asked, limit: 50 })}`, (data) => data.events);
  return html`<${Page} title="Events">
    <form class="filter" role="search" aria-label="Events" onSubmit=${(event) => {
      event.preventDefault();
      ask(type.trim());
    }}>
      <${Select} label="State" value=${state} set=${setState} options=${STATES} />
      <${Input} label="Type" hint="message.status, contact.opted_out, …" value=${type} set=${setType} />
      <button type="submit" class="main">Search</button>
    </form>
    <${Table} caption="Events" hidden empty=${list.loading ? "Loading…" : "No event fits."}
      head=${["Time", "Type", "State", "Tries", "Last answer", ""]}
      rows=${list.rows.map((one) => [
        html`<${Time} at=${one.timestamp} />`,
        one.type,
        html`<${State} of=${one.state} />`,
        one.tries,
        one.answer,
        html`<a href=${`#/events/${encodeURIComponent(one.id)}`} aria-label=${`Open ${one.id}`}>Open</a>`,
      ])} />
    <${More} of=${list} />
  <//>`;
}

export function EventPage({ id }) {
  const event = useLoad(path("events", id));
  const act = useChange();
  const replay = async () => {
    await act.run(change("POST", path("events", id, "replay")), "It is on its way again.");
    event.reload();
  };
  return html`<${Page} title="Event" back=${["#/events", "Events"]}>
    <${Loaded} of=${event}>
      ${(one) => html`<${Facts} of=${[
          ["Id", html`<code>${one.id}</code>`],
          ["Type", one.type],
          ["Time", html`<${Time} at=${one.timestamp} />`],
          ["State", html`<${State} of=${one.state} />`],
          ["Tries", one.tries],
          ["Last answer", one.answer ?? "None"],
        ]} />
        <${Operator}><p><button type="button" onClick=${replay} disabled=${act.busy}>Deliver again</button></p><//>
        <${Outcome} of=${act} />
        <${Card} title="Data" wide>
          <pre tabindex="0" role="region" aria-label="Data">${JSON.stringify(one.data, null, 2)}</pre>
        <//>`}
    <//>
  <//>`;
}
