// All campaigns, and the form that makes one.
import { useEffect, useRef, useState } from "preact/hooks";
import { change } from "./api.js";
import { number } from "./format.js";
import { Card, Input, Loaded, Operator, Outcome, Page, Select, State, Table, TextArea, Time, html, useChange, useLoad } from "./view.js";

export function CampaignsPage() {
  const list = useLoad("/v1/campaigns");
  return html`<${Page} title="Campaigns">
    <${Loaded} of=${list}>
      ${({ campaigns }) => html`<${Table} caption="Campaigns" hidden empty="There is none yet."
        head=${["Name", "Status", "Sender", "Recipients", "Still to go", "Made"]}
        rows=${campaigns.map((one) => [
          html`<a href=${`#/campaigns/${one.id}`}>${one.name}</a>`,
          html`<${State} of=${one.status} />`,
          one.sender,
          number(one.accepted),
          number(one.remaining),
          html`<${Time} at=${one.created_at} />`,
        ])} />`}
    <//>
    <${Operator}><${Build} /><//>
  <//>`;
}

const BLANK = { name: "", sender: "", kind: "", body: "", content_sid: "", variables: "", rate: "", from: "", to: "", deadline: "" };

/** The request that the form describes. */
export function wish(form) {
  const body = { name: form.name, sender: form.sender, kind: form.kind };
  if (form.content_sid) {
    body.template = { content_sid: form.content_sid, variables: form.variables ? JSON.parse(form.variables) : {} };
  } else {
    body.body = form.body;
  }
  if (form.rate) body.rate = Number(form.rate);
  if (form.from && form.to) body.quiet_hours = { from: form.from, to: form.to };
  if (form.deadline) body.deadline = new Date(form.deadline).toISOString();
  return body;
}

function Build() {
  const [form, setForm] = useState(BLANK);
  const put = (name) => (value) => setForm((old) => ({ ...old, [name]: value }));
  const act = useChange();
  // The same form is the same campaign, however often the button is pressed.
  const key = useRef(crypto.randomUUID());
  const edit = (name) => (value) => {
    key.current = crypto.randomUUID();
    put(name)(value);
  };
  const make = async (event) => {
    event.preventDefault();
    const ask = async () => change("POST", "/v1/campaigns", wish(form), undefined, { "Idempotency-Key": key.current });
    const made = await act.run(ask(), "It is made.");
    if (made) location.hash = `#/campaigns/${made.id}`;
  };
  return html`<${Card} title="New campaign" wide>
    <form class="filter" aria-label="New campaign" onSubmit=${make}>
      <${Input} label="Name" required maxlength="100" value=${form.name} set=${edit("name")} />
      <${Sender} value=${form.sender} set=${edit("sender")} />
      <${Select} label="Kind" required value=${form.kind} set=${edit("kind")}
        options=${[["", "Choose"], ["marketing", "Marketing: keeps nights"], ["transactional", "Transactional"]]} />
      <${TextArea} label="Text" hint="{{name}} is a recipient’s variable" rows="4" required=${!form.content_sid}
        disabled=${Boolean(form.content_sid)} value=${form.body} set=${edit("body")} />
      <${Segments} of=${form} />
      <details class="wide"><summary>Template, pace, hours, deadline</summary>
        <div class="filter">
          <${Input} label="Template" hint="HX…, in place of the text" value=${form.content_sid} set=${edit("content_sid")} />
          <${Input} label="Template’s variables" hint=${'{"1": "{{name}}"}'} value=${form.variables} set=${edit("variables")} />
          <${Input} label="Segments per second" type="number" min="1" value=${form.rate} set=${edit("rate")} />
          <${Input} label="Not before" hint="By the recipient’s clock" type="time" value=${form.from} set=${edit("from")} />
          <${Input} label="Not after" type="time" value=${form.to} set=${edit("to")} />
          <${Input} label="Deadline" type="datetime-local" value=${form.deadline} set=${edit("deadline")} />
        </div>
      </details>
      <button type="submit" class="main" disabled=${act.busy}>Make the campaign</button>
    </form>
    <${Outcome} of=${act} />
  <//>`;
}

/** A configured sender's name, or any address. */
function Sender({ value, set }) {
  const { data } = useLoad("/v1/senders");
  return html`<${Input} label="Sender" hint="A configured sender, a number, or MG…" required list="senders" value=${value} set=${set} />
    <datalist id="senders">${(data?.senders ?? []).map((one) => html`<option value=${one.name} />`)}</datalist>`;
}

/** What the text takes as SMS, while it is written. */
function Segments({ of: { body } }) {
  const [found, set] = useState();
  useEffect(() => {
    if (!body) {
      set(undefined);
      return undefined;
    }
    const timer = setTimeout(() => lint(body).then(set, () => set(undefined)), 400);
    return () => clearTimeout(timer);
  }, [body]);
  if (!found?.segments) return null;
  const { count, encoding, forced_by: forced = [] } = found.segments;
  return html`<p class="quiet wide" role="status">${number(count)} ${count === 1 ? "segment" : "segments"}, ${encoding}
    ${forced.length > 0 && `: forced by ${forced.map((one) => one.character).join(" ")}`}</p>`;
}

/** Asks without changing anything; the method makes it need the header all the same. */
function lint(body) {
  return change("POST", "/v1/lint", { body });
}
