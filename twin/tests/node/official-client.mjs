// Twilio's official Node library against a running twin, one call or more per resource.
// usage: node official-client.mjs http://127.0.0.1:PORT   (the package `twilio` must be found)
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const twilio = require("twilio");
const origin = process.argv[2];
const account = `AC${"0".repeat(32)}`;

class ToTheTwin extends twilio.RequestClient {
  request(options) {
    const uri = options.uri.replace(/^https:\/\/([a-z]+)\.twilio\.com/, `${origin}/$1`);
    return super.request({ ...options, uri });
  }
}

const client = twilio(account, "twin-auth-token", { httpClient: new ToTheTwin() });
const byKey = twilio(`SK${"0".repeat(32)}`, "twin-api-secret", { accountSid: account, httpClient: new ToTheTwin() });
const to = "+15551234567";
const from = "+15550001111";
const fails = (promise, status, code) =>
  assert.rejects(promise, (error) => error.status === status && error.code === code);
const control = async (path, body) => (await fetch(origin + path, { method: "POST", body: JSON.stringify(body) })).json();
const until = async (check) => {
  for (let n = 0; n < 100 && !(await check()); n += 1) await new Promise((done) => setTimeout(done, 20));
};

const checks = {
  async messages() {
    const message = await client.messages.create({ to, from, body: "hi", mediaUrl: ["http://x.test/a.png"] });
    assert.equal(message.status, "queued");
    assert.ok(message.dateCreated instanceof Date);
    await byKey.messages.create({ to, from, body: "by key" });
    const one = client.messages(message.sid);
    assert.equal((await one.media.list()).length, 1);
    const since = new Date(Date.now() - 86_400_000);
    assert.equal((await client.messages.list({ to, dateSentAfter: since })).length, 2);
    assert.equal((await client.messages.list({ pageSize: 1, limit: 9 })).length, 2, "pages are followed");
    await until(async () => (await one.fetch()).status === "delivered");
    assert.equal((await one.update({ body: "" })).body, "");
    await one.feedback.create({ outcome: "confirmed" });
    assert.equal(await one.remove(), true);
    await fails(one.fetch(), 404, 20404);
    await fails(client.messages.create({ to: "nobody", from, body: "x" }), 400, 21211);
  },
  async scheduling() {
    const later = { to, messagingServiceSid: `MG${"1".repeat(32)}`, body: "x", scheduleType: "fixed" };
    const message = await client.messages.create({ ...later, sendAt: new Date(Date.now() + 3_600_000) });
    assert.equal(message.status, "scheduled");
    assert.equal((await client.messages(message.sid).update({ status: "canceled" })).status, "canceled");
  },
  async calls() {
    const call = await client.calls.create({ to, from, twiml: "<Response><Say>Hi</Say></Response>" });
    const one = client.calls(call.sid);
    await until(async () => (await one.fetch()).status === "completed");
    assert.equal((await client.calls.list({ status: "completed" })).length, 1);
    await fails(one.update({ twiml: "<Response/>" }), 400, 21220);
  },
  async recordings() {
    await control("/twin/scripts", { to, answer: "human", script: [{ record: { duration: 7, text: "Call me." } }] });
    const twiml = '<Response><Record transcribe="true"/></Response>';
    const call = await client.calls.create({ to, from, twiml });
    await until(async () => (await client.calls(call.sid).fetch()).status === "completed");
    const [recording] = await client.recordings.list();
    assert.deepEqual([recording.callSid, recording.duration], [call.sid, "7"]);
    assert.equal((await client.calls(call.sid).recordings.list()).length, 1);
    assert.equal((await client.recordings(recording.sid).fetch()).sid, recording.sid);
    assert.equal((await client.transcriptions.list())[0].transcriptionText, "Call me.");
    assert.equal(await client.recordings(recording.sid).remove(), true);
    await fails(client.recordings(recording.sid).fetch(), 404, 20404);
  },
  async typing() {
    const inbound = { to: `whatsapp:${from}`, from: `whatsapp:${to}`, body: "Hi", url: `${origin}/twin` };
    const { sid } = await control("/twin/messages", inbound);
    const typing = { channel: "whatsapp", messageId: sid };
    assert.equal((await client.messaging.v2.typingIndicator.create(typing)).success, true);
    await fails(client.messaging.v2.typingIndicator.create({ ...typing, messageId: `SM${"9".repeat(32)}` }), 404, 20404);
  },
  async verify() {
    const service = await client.verify.v2.services.create({ friendlyName: "Acme" });
    const one = client.verify.v2.services(service.sid);
    assert.equal((await one.verifications.create({ to, channel: "sms" })).status, "pending");
    const check = await one.verificationChecks.create({ to, code: "00000" });
    assert.deepEqual([check.status, check.valid], ["pending", false]);
    assert.equal((await one.verifications(to).fetch()).sendCodeAttempts.length, 1);
    await one.verifications(to).update({ status: "canceled" });
    await fails(one.verificationChecks.create({ to, code: "00000" }), 404, 20404);
    const limit = await one.rateLimits.create({ uniqueName: "ip" });
    await one.rateLimits(limit.sid).buckets.create({ max: 1, interval: 60 });
    assert.equal((await one.rateLimits.list()).length, 1);
    assert.equal((await client.verify.v2.verificationAttempts.list()).length, 1);
  },
  async services() {
    const service = await client.messaging.v1.services.create({ friendlyName: "Acme" });
    const number = await client.incomingPhoneNumbers.create({ phoneNumber: "+15550002222" });
    const one = client.messaging.v1.services(service.sid);
    await one.phoneNumbers.create({ phoneNumberSid: number.sid });
    assert.equal((await one.phoneNumbers.list()).length, 1);
    assert.equal((await client.incomingPhoneNumbers.list({ phoneNumber: "+15550002222" })).length, 1);
    await one.alphaSenders.create({ alphaSender: "Acme" });
    assert.equal((await one.alphaSenders.list())[0].alphaSender, "Acme");
    assert.deepEqual(await one.shortCodes.list(), []);
    assert.equal((await client.messaging.v1.services.list()).length, 1);
    assert.equal((await one.update({ stickySender: false })).stickySender, false);
    assert.equal(await one.remove(), true);
  },
  async content() {
    const types = { "twilio/text": { body: "hi {{1}}" } };
    const template = await client.content.v1.contents.create({ friendly_name: "x", language: "en", types });
    const one = client.content.v1.contents(template.sid);
    await one.approvalCreate.create({ name: "x", category: "UTILITY" });
    assert.equal((await one.approvalFetch().fetch()).whatsapp.status, "approved");
    assert.equal((await client.content.v1.contentAndApprovals.list()).length, 1);
    assert.equal(await one.remove(), true);
  },
  async others() {
    const lookup = await client.lookups.v2.phoneNumbers(to).fetch({ fields: "line_type_intelligence" });
    assert.equal(lookup.countryCode, "US");
    await client.accounts.v1.safelist.create({ phoneNumber: to });
    assert.equal(await client.accounts.v1.safelist.remove({ phoneNumber: to }), true);
    const consent = { contact_id: to, correlation_id: "1", sender_id: from, status: "opt-out", source: "website" };
    assert.equal((await client.accounts.v1.bulkConsents.create({ items: [consent] })).items.length, 1);
    assert.equal((await client.balance.fetch()).currency, "USD");
    const tasks = client.taskrouter.v1.workspaces(`WS${"1".repeat(32)}`).tasks;
    assert.equal((await tasks.create({ attributes: "{}" })).assignmentStatus, "pending");
  },
  async tokens() {
    await client.accounts.v1.secondaryAuthToken().create();
    await client.accounts.v1.authTokenPromotion().update();
    await fails(client.messages.list(), 401, 20003);
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`ok ${name}`);
}
