// Who changed what.
import { label } from "./format.js";
import { More, Page, Table, Time, html, usePages } from "./view.js";

export function AuditPage() {
  const list = usePages("/v1/audit?limit=50", (data) => data.entries, ["before", "next"]);
  return html`<${Page} title="Audit">
    <${Table} caption="Changes, newest first" empty=${list.loading ? "Loading…" : "Nothing was changed yet."}
      head=${["Time", "Who", "Role", "What", "Answer"]}
      rows=${list.rows.map((one) => [
        html`<${Time} at=${one.at} />`,
        one.actor,
        label(one.role ?? "–"),
        html`<code>${one.method} ${one.path}</code>`,
        one.status,
      ])} />
    <${More} of=${list} />
  <//>`;
}
