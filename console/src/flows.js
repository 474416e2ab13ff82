// All flows, the form that checks and publishes one, and what our numbers do.
import { useRef, useState } from "preact/hooks";
import { Problem, change, path } from "./api.js";
import { Card, Fault, Field, Input, Loaded, Operator, Outcome, Page, Table, Time, html, useChange, useLoad } from "./view.js";

export function FlowsPage() {
  const flows = useLoad("/v1/flows");
  const numbers = useLoad("/v1/numbers");
  return html`<${Page} title="Flows">
    <${Loaded} of=${flows}>
      ${({ flows: list }) => html`<${Table} caption="Flows" hidden head=${["Name", "Revision", "Published", "By"]}
        rows=${list.map((one) => [
          html`<a href=${`#/flows/${encodeURIComponent(one.name)}`}>${one.name}</a>`,
          one.revision,
          one.revision ? html`<${Time} at=${one.published_at} />` : "Built in",
          one.published_by,
        ])} />`}
    <//>
    <${Operator}><${Upload} then=${flows.reload} /><//>
    <${Card} title="Numbers" wide>
      <${Loaded} of=${numbers}>
        ${({ numbers: list }) => html`<${Table} caption="What our numbers do" hidden empty="No number has flows of its own."
          head=${["Number", "Calls", "Messages"]}
          rows=${list.map((one) => [one.number, flow(one.voice_flow), flow(one.message_flow)])} />`}
      <//>
    <//>
  <//>`;
}

const flow = (name) => name && html`<a href=${`#/flows/${encodeURIComponent(name)}`}>${name}</a>`;

/** What a check found, each with its place in the document. */
export function Findings({ of }) {
  const rows = [...of.errors.map((one) => ["Error", one]), ...of.warnings.map((one) => ["Warning", one])];
  return html`<${Table} caption="Findings" empty="Nothing was found: it can be published." head=${["Kind", "Place", "What"]}
    rows=${rows.map(([kind, one]) => [kind === "Error" ? html`<b class="bad">${kind}</b>` : kind, html`<code>${one.pointer}</code>`, one.message])} />`;
}

function Upload({ then }) {
  const file = useRef();
  const [name, setName] = useState("");
  const [found, setFound] = useState();
  const act = useChange();
  const send = (method, rest, said) => async (event) => {
    event.preventDefault();
    if (!event.currentTarget.form.reportValidity()) return;
    const ask = async () => {
      const text = await file.current.files[0].text();
      try {
        return await change(method, path("flows", name, ...rest), text, "application/json");
      } catch (error) {
        // A definition with errors is answered with them: they are shown as a check's.
        if (error instanceof Problem && error.body?.code === "flow_invalid") setFound(error.body);
        throw error;
      }
    };
    const answer = await act.run(ask(), said);
    if (answer) setFound({ errors: [], ...answer });
    if (answer && method === "PUT") then();
  };
  const invalid = act.error?.body?.code === "flow_invalid";
  return html`<${Card} title="Upload a flow" wide>
    <form class="filter" aria-label="Upload a flow" onSubmit=${(event) => event.preventDefault()}>
      <${Input} label="Name" hint="a-z, 0-9, - and _" required pattern="[a-z0-9_\\-]+" maxlength="64" value=${name} set=${setName} />
      <${Field} label="Definition" hint="Studio’s own JSON">
        ${(id, hint) => html`<input id=${id} aria-describedby=${hint} ref=${file} type="file" required accept=".json,application/json" />`}
      <//>
      <button type="submit" onClick=${send("POST", ["check"], "It was checked. Nothing was published.")} disabled=${act.busy}>Check</button>
      <button type="submit" class="main" onClick=${send("PUT", [], (got) => `Revision ${got.revision} is published.`)} disabled=${act.busy}>Publish</button>
    </form>
    ${invalid ? html`<${Fault} error=${new Problem(422, { title: act.error.body.title, detail: act.error.body.detail })} />` : html`<${Outcome} of=${act} />`}
    ${found && html`<${Findings} of=${found} />`}
  <//>`;
}
