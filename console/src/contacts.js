// People: what they consented to and what shows it, how long WhatsApp's window is open, and
// what was said.
import { useEffect, useState } from "preact/hooks";
import { change, path, query } from "./api.js";
import { label, millis, span } from "./format.js";
import { Code } from "./messages.js";
import { Card, Facts, Fault, Input, Loaded, More, Operator, Outcome, Page, Select, State, Table, Time, html, useChange, useLoad, usePages } from "./view.js";

/** A window is relied on for 24 hours less two minutes after what the person last wrote. */
const WINDOW = 24 * 3_600_000 - 2 * 60_000;

export function ContactsPage() {
  const [address, set] = useState("");
  const open = (event) => {
    event.preventDefault();
    if (address.trim()) location.hash = `#/contacts/${encodeURIComponent(address.trim())}`;
  };
  return html`<${Page} title="Contacts">
    <form class="filter" role="search" aria-label="Contacts" onSubmit=${open}>
      <${Input} label="Address" hint="+14155550100, whatsapp:+14155550100, or a mail address" type="search" required value=${address} set=${set} />
      <button type="submit" class="main">Find</button>
    </form>
    <p class="quiet">People are kept by their address and cannot be browsed: lists show addresses masked.</p>
  <//>`;
}

export function ContactPage({ id }) {
  const person = useLoad(path("contacts", id));
  const talk = usePages(`/v1/messages${query({ contact: id, limit: 50 })}`, (data) => data.messages);
  const unmet = person.error?.status === 404;
  return html`<${Page} title=${id} back=${["#/contacts", "Contacts"]}>
    ${unmet && html`<p>Nobody of this address was ever met.</p>`}
    ${!unmet && html`<${Loaded} of=${person}>${(one) => html`<${Consent} of=${one} />`}<//>`}
    <${Window} of=${talk.rows} />
    <${Operator}><${Decide} address=${id} then=${person.reload} out=${person.data?.opted_out} /><//>
    <${Conversation} of=${talk} />
  <//>`;
}

function Consent({ of }) {
  return html`<${Facts} of=${[
      ["Consent", html`<${State} of=${of.opted_out ? "out" : "in"} /> ${of.opted_out ? "must not be written to" : "may be written to"}`],
      ["Also known as", of.aliases?.length ? of.aliases.join(", ") : undefined],
      ["For a person to decide", of.revocation_suspected ? "They may have asked to stop" : undefined],
    ]} />
    <${Card} title="Consent and its evidence" wide>
      <${Table} caption="Consent and its evidence" hidden empty="They never said stop, and never start."
        head=${["Time", "Change", "How it is known", "Scope", "Evidence"]}
        rows=${[...of.history].reverse().map((entry) => [
          html`<${Time} at=${entry.at} />`,
          html`<${State} of=${entry.change} />`,
          label(entry.source),
          entry.scope,
          html`<${Evidence} of=${entry.evidence ?? {}} />`,
        ])} />
    <//>`;
}

function Evidence({ of }) {
  return html`${of.text && html`<q>${of.text}</q> `}${of.message_sid && html`<code>${of.message_sid}</code> `}
    ${of.error_code && html`<${Code} of=${of.error_code} />`}`;
}

function Window({ of }) {
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const last = of.find((one) => one.direction === "inbound" && one.channel === "whatsapp");
  if (!last) return null;
  const left = millis(last.created_at) + WINDOW - now;
  return html`<${Card} title="WhatsApp’s window">
    ${left > 0
      ? html`<p>Free text arrives for <strong role="timer" aria-label="Time left">${span(left)}</strong> more.</p>`
      : html`<p>Closed: only an approved template arrives, until they write again.</p>`}
    <p class="quiet">They last wrote <${Time} at=${last.created_at} />.</p>
  <//>`;
}

function Decide({ address, out, then }) {
  const [reason, setReason] = useState("");
  const [scope, setScope] = useState("all");
  const act = useChange();
  const decide = (optedOut) => async (event) => {
    event.preventDefault();
    if (!event.currentTarget.form.reportValidity()) return;
    const body = { opted_out: optedOut, reason, scope, source: "console" };
    const said = optedOut ? "They are opted out." : "They are opted in.";
    if (await act.run(change("PUT", path("contacts", address), body), said)) setReason("");
    then();
  };
  return html`<${Card} title="Opt in or out" wide>
    <form class="filter" onSubmit=${(event) => event.preventDefault()}>
      <${Input} label="Reason" hint="Kept as evidence" required value=${reason} set=${setReason} />
      <${Select} label="Scope" value=${scope} set=${setScope}
        options=${[["all", "Everything"], ["channel:sms", "SMS"], ["channel:whatsapp", "WhatsApp"]]} />
      <button type="submit" onClick=${decide(true)} disabled=${act.busy}>Opt out</button>
      <button type="submit" onClick=${decide(false)} disabled=${act.busy}>Opt in</button>
    </form>
    ${out && html`<p class="quiet">An opt-in takes back what they said themselves: have their word for it.</p>`}
    <${Outcome} of=${act} />
  <//>`;
}

function Conversation({ of }) {
  if (of.error && !of.rows.length) return html`<${Fault} error=${of.error} retry=${of.reload} />`;
  return html`<${Card} title="Conversation" wide>
    <${More} of=${of} />
    <ol class="talk" aria-label="Messages, oldest first">
      ${[...of.rows].reverse().map(
        (one) => html`<li class=${one.direction}>
          <p class="body">${one.body || html`<span class="quiet">No text</span>`}</p>
          <p class="quiet"><span class="unseen">${one.direction === "inbound" ? "They wrote" : "We wrote"}, </span>
            <${Time} at=${one.created_at} /> · ${one.channel} · <${State} of=${one.status} />${" "}
            <a href=${`#/messages/${one.id}`} aria-label=${`Open ${one.id}`}>Open</a></p>
        </li>`,
      )}
    </ol>
  <//>`;
}
