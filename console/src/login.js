// The key for the cookie: the only page without a session.
import { useState } from "preact/hooks";
import { change } from "./api.js";
import { Fault, Input, html } from "./view.js";

export function LoginPage({ trouble, entered }) {
  const [key, set] = useState("");
  const [state, said] = useState({ error: trouble });
  document.title = "Log in · hookswitch console";
  const enter = async (event) => {
    event.preventDefault();
    said({ busy: true });
    try {
      await change("POST", "/console/session", { key });
      await entered();
    } catch (error) {
      said({ error });
    }
  };
  return html`<main class="login">
    <h1>hookswitch console</h1>
    <form onSubmit=${enter}>
      <${Input} label="Key" type="password" autocomplete="current-password" required value=${key} set=${set} />
      <button type="submit" class="main" disabled=${state.busy}>Log in</button>
      ${state.error && html`<${Fault} error=${state.error} />`}
    </form>
  </main>`;
}
