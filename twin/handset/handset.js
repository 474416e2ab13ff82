// The handset: a page that drives the twin's control API and shows what went over the wire.
// Everything from outside is put in by textContent, never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
const TICKS = { queued: "◷", accepted: "◷", scheduled: "◷", sending: "◷", sent: "✓", delivered: "✓✓", read: "✓✓ read" };
let call = null;
let spoken = 0;
let busy = false;

async function ask(method, path, body) {
  const response = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

function make(name, props = {}, ...children) {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children);
  return element;
}

const channel = () => document.querySelector("input[name=channel]:checked").value;
const address = (number) => (channel() === "whatsapp" && !number.startsWith("whatsapp:") ? `whatsapp:${number}` : number);
const mine = () => address($("mine").value.trim());
const theirs = () => address($("theirs").value.trim());
const query = (fields) => new URLSearchParams(fields).toString();

/* Messages */

async function sendMessage(extra = {}) {
  try {
    await ask("POST", "/twin/messages", { to: theirs(), from: mine(), ...extra });
  } catch (error) {
    $("where").textContent = `Not sent: ${error.message}`;
  }
  await refresh();
}

$("compose").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = $("text").value;
  const url = $("media").value.trim();
  const kind = $("attach").value;
  const media = kind ? [{ url, content_type: kind }] : url ? [url] : [];
  if (!body && !media.length) return;
  for (const field of ["text", "media", "attach"]) $(field).value = "";
  await sendMessage({ body, media });
});

$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("compose").requestSubmit();
  }
});

function quickReplies(message, templates) {
  const template = templates.find((t) => t.sid === message.content_sid);
  const actions = (template && Object.values(template.types).flatMap((type) => type.actions || [])) || [];
  return actions.filter((a) => a.title).map((action) =>
    make("button", {
      type: "button",
      textContent: action.title,
      onclick: () => sendMessage({
        body: action.title,
        params: { MessageType: "button", ButtonText: action.title, ButtonPayload: action.id || action.title, OriginalRepliedMessageSid: message.sid },
      }),
    }));
}

function bubble(message, templates) {
  const own = message.direction === "inbound";
  const item = make("li", { className: own ? "mine" : "" }, message.body || "");
  for (const medium of message.media || []) item.append(make("small", { textContent: `📎 ${[medium.content_type, medium.url].filter(Boolean).join(" · ")}` }));
  const failed = message.error_code ? ` · ${message.error_code} ${message.error_message}` : "";
  const state = own ? "sent by you" : `${TICKS[message.status] || "✗"} ${message.status}${failed}`;
  item.append(make("small", { textContent: state }));
  const taps = own ? [] : quickReplies(message, templates);
  if (taps.length) item.append(make("div", { className: "taps" }, ...taps));
  return item;
}

async function showConversation() {
  const [sent, got, templates] = await Promise.all([
    ask("GET", `/twin/messages?${query({ from: mine(), to: theirs(), limit: 60 })}`),
    ask("GET", `/twin/messages?${query({ from: theirs(), to: mine(), limit: 60 })}`),
    ask("GET", "/twin/templates"),
  ]);
  const all = [...sent, ...got].sort((a, b) => a.created_ms - b.created_ms || (a.direction === "inbound" ? -1 : 1));
  const mark = JSON.stringify(all.map((m) => [m.sid, m.status]));
  const list = $("conversation");
  if (list.dataset.mark === mark) return;
  list.dataset.mark = mark;
  list.replaceChildren(...all.map((m) => bubble(m, templates)));
  list.scrollTop = list.scrollHeight;
}

/* Calls */

for (const key of "123456789*0#") {
  document.querySelector(".pad").append(
    make("button", { type: "button", textContent: key, onclick: () => input({ digits: key }) }));
}

async function input(step) {
  if (!call) return;
  try {
    await ask("POST", `/twin/calls/${call.sid}/input`, step);
  } catch (error) {
    $("line").textContent = error.message;
  }
  await refresh();
}

function follow(sid) {
  call = { sid };
  spoken = 0;
  $("heard").replaceChildren();
  $("hang").disabled = false;
  $("dial").disabled = true;
}

$("dial").addEventListener("click", async () => {
  try {
    const placed = await ask("POST", "/twin/calls", { to: theirs(), from: mine(), live: true });
    follow(placed.sid);
  } catch (error) {
    $("line").textContent = `No call: ${error.message}`;
  }
  await refresh();
});
$("hang").addEventListener("click", () => input({ hangup: true }));
$("take").addEventListener("click", () => input({ answer: true }));
$("speak").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("speech").value) input({ speech: $("speech").value });
  $("speech").value = "";
});
$("voicemail").addEventListener("submit", (event) => {
  event.preventDefault();
  input({ record: { duration: Number($("seconds").value) || 0, text: $("words").value } });
  $("words").value = "";
});
$("reachable").addEventListener("change", async () => {
  if ($("reachable").checked) await ask("POST", "/twin/scripts", { to: mine(), answer: "live" });
  else await ask("POST", "/twin/scripts", { to: mine() });
});

/* What an entry of a transcript is about; what else it has says how. */
const VERBS = ["say", "play", "pause", "gather", "record", "dial", "redirect", "hangup", "error", "message", "enqueue", "reject"];

function sentence(entry) {
  const names = Object.keys(entry);
  const name = VERBS.find((verb) => verb in entry) || names[0];
  const value = entry[name];
  switch (name) {
    case "say": return ["", value];
    case "play": return ["note", `♪ ${value}`];
    case "pause": return ["note", `… ${value} s`];
    case "gather":
      return value.digits || value.speech ? ["mine", value.digits || `“${value.speech}”`] : ["note", "(silence)"];
    case "record": return value.duration ? ["mine", `🎙 ${value.text || ""} (${value.duration} s)`] : ["note", "(nothing recorded)"];
    case "dial": return ["note", `Dialled ${value.to}: ${value.status}`];
    case "redirect": return null;
    case "hangup": return ["note", `Call ended (${value})`];
    case "error": return ["note", `⚠ ${value.code} ${value.message} ${value.detail || ""}`];
    default: return ["note", `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`];
  }
}

function playAloud(url) {
  // Not every sound can be had, and a browser may refuse to make any.
  if ($("aloud").checked) new Audio(url).play().catch(() => {});
}

function readAloud({ say, language }) {
  if (!$("aloud").checked || !window.speechSynthesis) return;
  window.speechSynthesis.speak(Object.assign(new SpeechSynthesisUtterance(say), language ? { lang: language } : {}));
}

async function showCall() {
  if (!call) {
    const ringing = await ask("GET", `/twin/calls?${query({ to: mine(), status: "ringing", limit: 1 })}`);
    if (ringing.length && ringing[0].live) follow(ringing[0].sid);
    else return;
  }
  const now = await ask("GET", `/twin/calls/${call.sid}`);
  const over = ["completed", "busy", "failed", "no-answer", "canceled"].includes(now.status);
  const other = now.direction === "inbound" ? now.to : now.from;
  $("line").textContent = over ? `Call with ${other}: ${now.status}` : `In a call with ${other}: ${now.status}`;
  $("take").hidden = !(now.direction === "outbound-api" && now.status === "ringing");
  for (const entry of now.transcript.slice(spoken)) {
    const shown = sentence(entry);
    if (!shown) continue;
    $("heard").append(make("li", { className: shown[0], textContent: shown[1] }));
    if (entry.say) readAloud(entry);
    if (entry.play) playAloud(entry.play);
  }
  if (spoken !== now.transcript.length) $("heard").scrollTop = $("heard").scrollHeight;
  spoken = now.transcript.length;
  if (over) {
    call = null;
    $("hang").disabled = true;
    $("dial").disabled = false;
    $("take").hidden = true;
  }
}

/* The wire */

const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
const pairs = (params) => Object.entries(params).flatMap(([n, v]) => (Array.isArray(v) ? v : [v]).map((one) => [n, one]));

function asCurl(record) {
  const lines = [`curl -i ${record.method === "GET" ? "" : `-X ${record.method} `}${quote(record.sent_url)}`];
  if (record.signature) lines.push(`-H ${quote(`X-Twilio-Signature: ${record.signature}`)}`);
  lines.push(`-H ${quote(`I-Twilio-Idempotency-Token: ${record.idempotency_token}`)}`);
  if (record.json) lines.push("-H 'Content-Type: application/json'", `--data-raw ${quote(record.sent_body)}`);
  else if (record.method !== "GET")
    for (const [name, value] of pairs(record.params)) lines.push(`--data-urlencode ${quote(`${name}=${value}`)}`);
  return lines.join(" \\\n  ");
}

function asTest(record) {
  const url = new URL(record.url);
  const what = record.json ? { json: record.json } : { params: record.params };
  const step = { url: url.pathname + url.search, method: record.method, ...what };
  return `// Save as ${record.kind}.test.mjs and run: node --test ${record.kind}.test.mjs
// The twin signs the step anew each time and gives it a fresh idempotency token.
import assert from "node:assert/strict";
import test from "node:test";

const twin = process.env.TWIN ?? ${JSON.stringify(location.origin)};

test("the application answers ${record.method} ${url.pathname}", async () => {
  const step = ${JSON.stringify(step, null, 2).replaceAll("\n", "\n  ")};
  const sent = await fetch(twin + "/twin/webhook", { method: "POST", body: JSON.stringify(step) });
  const answer = await sent.json();
  assert.equal(answer.status, ${record.status});
  assert.equal(answer.body, ${JSON.stringify(record.body)});
});
`;
}

/* As it went over the wire, but for the headers that say nothing. */
function asSent(record) {
  const url = new URL(record.sent_url);
  const lines = [`${record.method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`,
    ...(record.signature ? [`X-Twilio-Signature: ${record.signature}`] : []),
    `I-Twilio-Idempotency-Token: ${record.idempotency_token}`];
  if (record.sent_body) lines.push(`Content-Type: ${record.json ? "application/json" : "application/x-www-form-urlencoded; charset=UTF-8"}`, "", record.sent_body);
  return lines.join("\n");
}

function copyButton(label, text) {
  return make("button", {
    type: "button",
    textContent: label,
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
        $("copied").textContent = `${label}: done.`;
      } catch (error) {
        $("copied").textContent = `${label}: ${error.message}`;
      }
    },
  });
}

function wireEntry(record) {
  const good = record.status >= 200 && record.status < 300;
  const whole = record.url.replace(/^https?:\/\/[^/]+/, "");
  const path = whole.length > 72 ? `${whole.slice(0, 71)}…` : whole;
  const summary = make("summary", {}, `${record.method} ${path} → `,
    make("span", { className: good ? "" : "bad", textContent: record.status ?? record.error }),
    ` · ${record.kind} · ${record.took_ms} ms`);
  const rows = [...pairs(record.params), ["X-Twilio-Signature", record.signature ?? "none"], ["I-Twilio-Idempotency-Token", record.idempotency_token]];
  const table = make("table", {}, make("tbody", {}, ...rows.map(([name, value]) =>
    make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", { textContent: value })))));
  const again = make("button", {
    type: "button",
    textContent: "Send again",
    onclick: async () => {
      await ask("POST", "/twin/replay", { callback_index: record.index });
      await refresh();
    },
  });
  return make("details", {}, summary, table,
    make("h3", { textContent: "Request, as it was sent" }), make("pre", { textContent: asSent(record) }),
    make("h3", { textContent: `Answer, ${record.status ?? record.error}` }), make("pre", { textContent: record.body || "(no body)" }),
    make("div", { className: "row" }, copyButton("Copy as curl", asCurl(record)), copyButton("Copy as test", asTest(record)), again));
}

let seen = -1;
async function showWire() {
  const records = await ask("GET", "/twin/callbacks?limit=60");
  const newest = records.length ? records[records.length - 1].index : -1;
  if (newest < seen) {
    $("wire").replaceChildren();
    seen = -1;
  }
  for (const record of records.filter((r) => r.index > seen)) $("wire").prepend(wireEntry(record));
  seen = newest;
  while ($("wire").children.length > 60) $("wire").lastElementChild.remove();
}

/* The whole */

async function refresh() {
  if (busy) return;
  busy = true;
  try {
    const twin = await ask("GET", "/twin");
    $("where").textContent = `Account ${twin.account_sid}, application ${twin.worker || "not set (start the twin with --worker)"}${twin.frozen ? ", clock frozen" : ""}`;
    await Promise.all([showConversation(), showCall(), showWire()]);
  } catch (error) {
    $("where").textContent = `The twin does not answer: ${error.message}`;
  } finally {
    busy = false;
  }
}

const tabs = [...document.querySelectorAll("[role=tab]")];
function choose(tab) {
  for (const one of tabs) {
    const on = one === tab;
    one.setAttribute("aria-selected", String(on));
    one.tabIndex = on ? 0 : -1;
    $(one.getAttribute("aria-controls")).hidden = !on;
  }
}
for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
    choose(next);
    next.focus();
  });
}
$("who").addEventListener("submit", (event) => event.preventDefault());
$("who").addEventListener("input", () => { delete $("conversation").dataset.mark; refresh(); });

/* Numbers that the account has, to pick from; the first is the one to begin with. */
async function offerNumbers() {
  const config = await ask("GET", "/twin/config");
  const known = [...new Set([...config.senders, ...Object.keys(config.lines), config.default_sender])];
  const numbers = [...new Set(known.map((address) => address.replace("whatsapp:", "")))];
  $("numbers").replaceChildren(...numbers.map((value) => make("option", { value })));
  if (numbers.length) $("theirs").value = numbers[0];
}

offerNumbers().catch(() => {}).then(refresh);
setInterval(refresh, 700);
