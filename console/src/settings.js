// The configuration as the gateway reads it; secrets are there or not, never shown.
import { Loaded, Page, State, Table, html, useLoad } from "./view.js";

export function SettingsPage() {
  const settings = useLoad("/v1/settings");
  return html`<${Page} title="Settings">
    <${Loaded} of=${settings}>
      ${({ settings: list }) => html`<p>${summary(list)}</p>
        <${Table} caption="Settings" hidden head=${["Name", "Value", "Default", "What is wrong"]}
          rows=${list.map((one) => [
            html`<code>${one.name}</code>`,
            one.is_secret ? html`<${State} of=${one.is_set ? "present" : "absent"} />` : html`<span class="value">${one.value ?? "–"}</span>`,
            one.default,
            one.fault ? html`<b class="bad">${one.fault}</b>` : "Nothing",
          ])} />`}
    <//>
    <p class="quiet">Settings change by <code>wrangler.toml</code> and <code>wrangler secret put</code>: docs/configuration.md.</p>
  <//>`;
}

function summary(list) {
  const wrong = list.filter((one) => one.fault).length;
  if (!wrong) return "Every setting that is there can be used.";
  return html`<b class="bad">${wrong === 1 ? "One setting cannot be used." : `${wrong} settings cannot be used.`}</b>`;
}
