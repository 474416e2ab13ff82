// An inbound SMS by hand: one call to the person's SQLite Durable Object, which answers a
// repeated webhook as before, hears STOP and START, and records consent and message.
import { DurableObject } from "cloudflare:workers";
import { forbidden, signedParameters, twiml } from "./signed.js";

const STOP = new Set(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"]);
const START = new Set(["START", "YES", "UNSTOP"]);
const KEPT = 3 * 24 * 60 * 60 * 1000;

export class Contact extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, at INTEGER, document TEXT);
      CREATE TABLE IF NOT EXISTS consent (seq INTEGER PRIMARY KEY, at INTEGER, entry TEXT);
      CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, at INTEGER, answer TEXT);
      CREATE INDEX IF NOT EXISTS seen_at ON seen (at);`);
  }

  receive(message) {
    const [seen] = this.sql.exec("SELECT answer FROM seen WHERE key = ?", message.sid).toArray();
    if (seen) return JSON.parse(seen.answer);
    const at = Date.now();
    const entries = this.sql.exec("SELECT entry FROM consent ORDER BY seq").toArray();
    const last = entries.length > 0 ? JSON.parse(entries.at(-1).entry) : undefined;
    const word = message.body.trim().toUpperCase();
    const answer = { replies: [] };
    const change = STOP.has(word) ? "out" : START.has(word) && last?.change === "out" ? "in" : undefined;
    if (change) {
      const entry = JSON.stringify({ at, change, source: "keyword", message: message.sid });
      this.sql.exec("INSERT INTO consent (at, entry) VALUES (?, ?)", at, entry);
    }
    this.sql.exec("DELETE FROM seen WHERE at < ?", at - KEPT);
    this.sql.exec(
      "INSERT INTO seen (key, at, answer) VALUES (?, ?, ?)",
      message.sid,
      at,
      JSON.stringify(answer),
    );
    this.sql.exec(
      "INSERT INTO message (id, at, document) VALUES (?, ?, ?)",
      message.sid,
      at,
      JSON.stringify({ ...message, direction: "inbound", status: "received", created_at: at }),
    );
    return answer;
  }
}

export default {
  async fetch(request, env) {
    const parameters = await signedParameters(request, env);
    if (parameters === undefined) return forbidden(request);
    const from = parameters.get("From");
    const { replies } = await env.CONTACT.getByName(from).receive({
      sid: parameters.get("MessageSid"),
      from,
      to: parameters.get("To"),
      body: parameters.get("Body"),
    });
    return twiml(replies.map((text) => `<Message>${text}</Message>`).join(""));
  },
};
