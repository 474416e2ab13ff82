// The console: who is logged in, which page is open. A page is named by the part of the
// address behind `#`, so that links and the browser's own buttons work.
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { change, get, onLoggedOut } from "./api.js";
import { AuditPage } from "./audit.js";
import { CampaignPage } from "./campaign.js";
import { CampaignsPage } from "./campaigns.js";
import { ContactPage, ContactsPage } from "./contacts.js";
import { EventPage, EventsPage } from "./events.js";
import { FlowPage } from "./flow.js";
import { FlowsPage } from "./flows.js";
import { LoginPage } from "./login.js";
import { MessagePage, MessagesPage } from "./messages.js";
import { OverviewPage } from "./overview.js";
import { SenderPage, SendersPage } from "./senders.js";
import { SettingsPage } from "./settings.js";
import { Page, Session, html } from "./view.js";

const PAGES = [
  ["overview", "Overview", OverviewPage],
  ["messages", "Messages", MessagesPage, MessagePage],
  ["contacts", "Contacts", ContactsPage, ContactPage],
  ["campaigns", "Campaigns", CampaignsPage, CampaignPage],
  ["flows", "Flows", FlowsPage, FlowPage],
  ["senders", "Senders", SendersPage, SenderPage],
  ["events", "Events", EventsPage, EventPage],
  ["audit", "Audit", AuditPage],
  ["settings", "Settings", SettingsPage],
];

/** `#/messages/msg_1` as `["messages", "msg_1"]`. */
function place() {
  const parts = location.hash.replace(/^#\/?/, "").split("/");
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return parts;
  }
}

function usePlace() {
  const [now, set] = useState(place);
  useEffect(() => {
    const changed = () => set(place());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return now;
}

function Console({ session, leave }) {
  const [name, id] = usePlace();
  const page = PAGES.find(([known]) => known === (name || "overview"));
  const main = useRef();
  const first = useRef(true);
  useEffect(() => {
    // A person who followed a link hears where they are; one who just came in is at the top.
    if (first.current) first.current = false;
    else main.current?.querySelector("h1")?.focus();
    scrollTo(0, 0);
  }, [name, id]);
  const Shown = page && (id ? page[3] : page[2]);
  return html`<${Session.Provider} value=${session}>
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      main.current?.focus();
    }}>Skip to the page</a>
    <header>
      <p class="brand"><a href="#/">hookswitch</a></p>
      <nav aria-label="Console">
        <ul>
          ${PAGES.map(
            ([known, text]) => html`<li><a href=${`#/${known}`}
              aria-current=${page?.[0] === known ? "page" : undefined}>${text}</a></li>`,
          )}
        </ul>
      </nav>
      <p class="who"><span>${session.actor} <small>(${session.role})</small></span>
        <button type="button" onClick=${leave}>Log out</button></p>
    </header>
    <main id="main" tabindex="-1" ref=${main}>
      ${Shown
        ? html`<${Shown} key=${id ?? name} id=${id} />`
        : html`<${Page} title="No such page"><p><a href="#/">To the overview</a></p><//>`}
    </main>
  <//>`;
}

function Root() {
  const [session, set] = useState();
  const look = () => get("/console/session").then(set, (error) => set({ none: true, error }));
  useEffect(() => {
    look();
    return onLoggedOut(() => set({ none: true }));
  }, []);
  const leave = () => change("DELETE", "/console/session").then(() => set({ none: true }), look);
  if (!session) return html`<main><p class="quiet" role="status">Loading…</p></main>`;
  if (session.none) {
    const trouble = session.error && session.error.status !== 401 ? session.error : undefined;
    return html`<${LoginPage} trouble=${trouble} entered=${look} />`;
  }
  return html`<${Console} session=${session} leave=${leave} />`;
}

render(html`<${Root} />`, document.body);
