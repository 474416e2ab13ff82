// One flow: drawn, with an execution's path; its versions; the numbers that it answers.
import { useState } from "preact/hooks";
import { change, get, path, query } from "./api.js";
import { Graph } from "./graph-view.js";
import { Card, Facts, Input, Loaded, Operator, Outcome, Page, Select, State, Table, Time, html, useChange, useLoad } from "./view.js";

export function FlowPage({ id }) {
  const [revision, setRevision] = useState("");
  const [execution, setExecution] = useState();
  const flow = useLoad(path("flows", id) + query({ revision }));
  const steps = useLoad(execution ? `${path("flows", id, "executions", execution, "steps")}?PageSize=1000` : null);
  return html`<${Page} title=${id} back=${["#/flows", "Flows"]}>
    <${Loaded} of=${flow}>
      ${(one) => html`<${Facts} of=${[
          ["Revision", one.revision],
          ["Published", one.revision ? html`<${Time} at=${one.published_at} /> by ${one.published_by}` : "Built in"],
          ["Described as", one.definition.description],
        ]} />
        <${Card} title="Graph" wide>
          ${execution && html`<p>Path of <code>${execution}</code> <button type="button" onClick=${() => setExecution()}>Unmark the path</button></p>`}
          <${Graph} name=${id} definition=${one.definition} steps=${steps.data?.steps} />
        <//>`}
    <//>
    <${Executions} name=${id} mark=${setExecution} />
    <${Versions} name=${id} show=${setRevision} shown=${flow.data?.revision} then=${() => {
      setRevision("");
      flow.reload();
    }} />
    <${Operator}><${Assign} flow=${id} /><//>
  <//>`;
}

function Executions({ name, mark }) {
  const list = useLoad(`${path("flows", name, "executions")}?PageSize=20`);
  return html`<${Card} title="Executions" wide>
    <${Loaded} of=${list}>
      ${({ executions }) => html`<${Table} caption="The newest executions" hidden empty="It has not run yet."
        head=${["Started", "Person", "Status", "Revision", ""]}
        rows=${executions.map((one) => [
          html`<${Time} at=${one.date_created} />`,
          one.contact_channel_address,
          html`<${State} of=${one.status} />`,
          one.revision,
          html`<button type="button" aria-label=${`Mark its path: ${one.sid}`} onClick=${() => mark(one.sid)}>Mark its path</button>`,
        ])} />
        <p><button type="button" onClick=${list.reload}>Look again</button></p>`}
    <//>
  <//>`;
}

function Versions({ name, show, shown, then }) {
  const list = useLoad(path("flows", name, "versions"));
  const act = useChange();
  const back = (version) => async () => {
    const said = (got) => `Version ${version} is in force again, as revision ${got.revision}.`;
    await act.run(change("POST", path("flows", name, "rollback"), { version }), said);
    list.reload();
    then();
  };
  return html`<${Card} title="Versions" wide>
    <${Outcome} of=${act} />
    <${Loaded} of=${list}>
      ${({ versions }) => html`<${Table} caption="Versions" hidden empty="It is built in and has one version."
        head=${["Version", "Published", "By", ""]}
        rows=${versions.map((one, at) => [
          `${one.revision}${one.revision === shown ? ", shown" : ""}`,
          html`<${Time} at=${one.published_at} />`,
          one.published_by,
          html`<div class="actions"><button type="button" aria-label=${`Show version ${one.revision}`} onClick=${() => show(String(one.revision))}>Show</button>
            ${at > 0 && html`<${Operator}><button type="button" aria-label=${`Roll back to version ${one.revision}`} onClick=${back(one.revision)} disabled=${act.busy}>Roll back</button><//>`}</div>`,
        ])} />`}
    <//>
  <//>`;
}

function Assign({ flow }) {
  const [number, setNumber] = useState("");
  const [use, setUse] = useState("voice_flow");
  const act = useChange();
  const assign = async (event) => {
    event.preventDefault();
    const ask = async () => {
      // What else the number does stays.
      const { number: _, ...before } = await get(path("numbers", number)).catch((error) => {
        if (error.status === 404) return {};
        throw error;
      });
      return change("PUT", path("numbers", number), { ...before, [use]: flow });
    };
    await act.run(ask(), `${number} has ${flow} for its ${use === "voice_flow" ? "calls" : "messages"}.`);
  };
  return html`<${Card} title="Assign to a number" wide>
    <form class="filter" aria-label="Assign to a number" onSubmit=${assign}>
      <${Input} label="Number" hint="+15005550006, whatsapp:+…, or MG…" required value=${number} set=${setNumber} />
      <${Select} label="For" value=${use} set=${setUse} options=${[["voice_flow", "Calls"], ["message_flow", "Messages"]]} />
      <button type="submit" class="main" disabled=${act.busy}>Assign</button>
    </form>
    <${Outcome} of=${act} />
  <//>`;
}
