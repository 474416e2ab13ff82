-- object CAMPAIGN cmp_0911dynzwsbzex68
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE campaign (id INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE claim ( id INTEGER PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL, lines TEXT NOT NULL );
CREATE TABLE again (line INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE INDEX again_at ON again (at);
CREATE TABLE pending (line INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE INDEX pending_at ON pending (at);
CREATE TABLE cursor (place INTEGER PRIMARY KEY, line INTEGER NOT NULL);
CREATE TABLE tally ( state INTEGER NOT NULL, class TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (state, class) ) WITHOUT ROWID;
CREATE TABLE recipients_1 ( line INTEGER PRIMARY KEY, place INTEGER NOT NULL, person TEXT NOT NULL, address TEXT NOT NULL, variables TEXT NOT NULL, segments INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0, class TEXT, code INTEGER, sid TEXT, at INTEGER );
CREATE UNIQUE INDEX recipients_1_person ON recipients_1 (person);
INSERT INTO schema_version VALUES (1);
INSERT INTO campaign VALUES (1, '{"id":"cmp_0911dynzwsbzex68","definition":{"name":"spring","sender":"+15005550006","content":{"body":"Hi {{name}}"},"kind":"transactional","rate":null,"quiet_hours":null,"deadline":null,"by":"test"},"status_callback":"https://gw.example/webhooks/sms/status","status":"draft","reason":null,"list":1,"lists":1,"report":{"accepted":2,"opted_out":0,"duplicates":0,"bad":0,"faults":[],"not_listed":0},"tally":{"gsm7":{"messages":2,"segments":2},"ucs2":{"messages":0,"segments":0},"longest":1,"forcing":[],"groups":[{"country":"US","sample":"+14155550101","messages":2,"segments":2}]},"created_at":1795512600090,"started_at":null,"ended_at":null}');
INSERT INTO recipients_1 VALUES (2, 0, '9ajkk2kbnj657gq5sh6c', '+14155550101', '{"name":"Ann"}', 1, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO recipients_1 VALUES (3, 0, 'tp5fzkgk0f0pkhshht67', '+14155550102', '{"name":"Bob"}', 1, 0, 0, NULL, NULL, NULL, NULL);
-- object CONTACT 2q7xd63nkymvrmqtpxw4
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_sid ON message (sid) WHERE sid IS NOT NULL;
CREATE TABLE consent (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL);
CREATE TABLE fact ( kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
CREATE TABLE flow_execution ( sid TEXT PRIMARY KEY, flow TEXT NOT NULL, at INTEGER NOT NULL, updated INTEGER NOT NULL, active INTEGER NOT NULL, document TEXT NOT NULL, inbox TEXT ) WITHOUT ROWID;
CREATE INDEX flow_execution_active ON flow_execution (active) WHERE active = 1;
CREATE TABLE flow_turn ( execution TEXT NOT NULL, number INTEGER NOT NULL, steps TEXT NOT NULL, PRIMARY KEY (execution, number) ) WITHOUT ROWID;
CREATE TABLE verification (one INTEGER PRIMARY KEY, document TEXT NOT NULL);
INSERT INTO schema_version VALUES (4);
INSERT INTO verification VALUES (1, '{"tickets":1,"starts":[{"ticket":1,"at":1795512600110,"channel":"sms"}],"current":{"sid":"VE00000000000000000000000000000001","expires_at":1795513200110,"sends":[{"at":1795512600110,"channel":"sms","wish":"auto","permit":"{\"id\":\"5yvxdkacts9v3jnn\",\"at\":1795512600110,\"knock\":{\"prefix\":\"+1415555\",\"country\":\"US\",\"client\":null,\"network\":null}}"}],"wrong":0,"status":"pending"},"landline_until":null}');
-- object CONTACT nyzrnz68e6p9bvmnpbkt
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_sid ON message (sid) WHERE sid IS NOT NULL;
CREATE TABLE consent (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL);
CREATE TABLE fact ( kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
CREATE TABLE flow_execution ( sid TEXT PRIMARY KEY, flow TEXT NOT NULL, at INTEGER NOT NULL, updated INTEGER NOT NULL, active INTEGER NOT NULL, document TEXT NOT NULL, inbox TEXT ) WITHOUT ROWID;
CREATE INDEX flow_execution_active ON flow_execution (active) WHERE active = 1;
CREATE TABLE flow_turn ( execution TEXT NOT NULL, number INTEGER NOT NULL, steps TEXT NOT NULL, PRIMARY KEY (execution, number) ) WITHOUT ROWID;
CREATE TABLE due (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX due_at ON due (at);
CREATE TABLE outbox ( seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL );
INSERT INTO schema_version VALUES (4);
INSERT INTO message VALUES ('msg_nyzrnz68e6p9bvmnpbktd2maqbtazs7b1ap5', 'SM00000000000000000000000000000002', 1795512600050, '{"id":"msg_nyzrnz68e6p9bvmnpbktd2maqbtazs7b1ap5","sid":"SM00000000000000000000000000000002","direction":"inbound","from":"+14155550177","to":"+15005550006","body":"STOP","status":"received","delivery":"received","encoding":"GSM-7","segments":1,"answer":{"replies":[],"repeated":false,"consent":"opted_out"},"created_at":1795512600050,"updated_at":1795512600050,"history":[{"at":1795512600050,"what":"received"}]}');
INSERT INTO consent VALUES (1, 1795512600050, '{"at":1795512600050,"change":"out","source":"keyword","scope":"all","evidence":{"message_sid":"SM00000000000000000000000000000002","text":"STOP"}}');
-- object CONTACT yv7kwqkb34q79qq1sq0a
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_sid ON message (sid) WHERE sid IS NOT NULL;
CREATE TABLE consent (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL);
CREATE TABLE fact ( kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
CREATE TABLE flow_execution ( sid TEXT PRIMARY KEY, flow TEXT NOT NULL, at INTEGER NOT NULL, updated INTEGER NOT NULL, active INTEGER NOT NULL, document TEXT NOT NULL, inbox TEXT ) WITHOUT ROWID;
CREATE INDEX flow_execution_active ON flow_execution (active) WHERE active = 1;
CREATE TABLE flow_turn ( execution TEXT NOT NULL, number INTEGER NOT NULL, steps TEXT NOT NULL, PRIMARY KEY (execution, number) ) WITHOUT ROWID;
CREATE TABLE due (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX due_at ON due (at);
CREATE TABLE outbox ( seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL );
CREATE TABLE call ( id TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX call_sid ON call (sid);
INSERT INTO schema_version VALUES (4);
INSERT INTO message VALUES ('msg_yv7kwqkb34q79qq1sq0a2fyg0b5pwcc9narj', 'SM00000000000000000000000000000001', 1795512600060, '{"id":"msg_yv7kwqkb34q79qq1sq0a2fyg0b5pwcc9narj","sid":"SM00000000000000000000000000000001","direction":"outbound","from":"+15005550006","to":"+14155550100","body":"Your order has left.","status":"queued","delivery":"taken","encoding":"GSM-7","segments":1,"status_callback":"https://gw.example/webhooks/sms/status?m=msg_yv7kwqkb34q79qq1sq0a2fyg0b5pwcc9narj","course":{"before":0,"before_on_leg":0,"leg":0,"as_template":false,"posted_at":1795512600060},"created_at":1795512600060,"updated_at":1795512600060,"history":[{"at":1795512600060,"what":"accepted"},{"at":1795512600060,"what":"post"},{"at":1795512600060,"what":"queued"}]}');
INSERT INTO message VALUES ('msg_yv7kwqkb34q79qq1sq0amgchnqwhegs6sdh1', 'SM00000000000000000000000000000001', 1795512600040, '{"id":"msg_yv7kwqkb34q79qq1sq0amgchnqwhegs6sdh1","sid":"SM00000000000000000000000000000001","direction":"inbound","from":"+14155550100","to":"+15005550006","body":"hello","status":"received","delivery":"received","encoding":"GSM-7","segments":1,"created_at":1795512600040,"updated_at":1795512600040,"history":[{"at":1795512600040,"what":"received"}]}');
INSERT INTO call VALUES ('call_yv7kwqkb34q79qq1sq0aq90vv356a17s2zxf', 'CA0000000000000000000000000000000c', 1795512600080, '{"id":"call_yv7kwqkb34q79qq1sq0aq90vv356a17s2zxf","sid":"CA0000000000000000000000000000000c","direction":"inbound","from":"+14155550100","to":"+15005550006","status":"ringing","state":"taken","duration":5,"created_at":1795512600080,"updated_at":1795512600080,"history":[{"at":1795512600080,"what":"ringing"}]}');
-- object GUARD guard
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE start ( key TEXT NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (key, at, id) ) WITHOUT ROWID;
CREATE INDEX start_at ON start (at);
CREATE TABLE tally ( key TEXT NOT NULL, size INTEGER NOT NULL, ends_at INTEGER NOT NULL, starts INTEGER NOT NULL, approved INTEGER NOT NULL, PRIMARY KEY (key, size, ends_at) ) WITHOUT ROWID;
CREATE INDEX tally_age ON tally (size, ends_at);
CREATE TABLE block ( key TEXT PRIMARY KEY, until INTEGER NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE TABLE figure ( hour INTEGER NOT NULL, channel TEXT NOT NULL, country TEXT NOT NULL, started INTEGER NOT NULL, approved INTEGER NOT NULL, PRIMARY KEY (hour, channel, country) ) WITHOUT ROWID;
CREATE TABLE reported (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX reported_at ON reported (at);
INSERT INTO schema_version VALUES (1);
INSERT INTO start VALUES ('account', 1795512600110, '5yvxdkacts9v3jnn');
INSERT INTO start VALUES ('prefix:+1415555', 1795512600110, '5yvxdkacts9v3jnn');
INSERT INTO tally VALUES ('all', 300000, 1795512900000, 1, 0);
INSERT INTO tally VALUES ('all', 5000, 1795512605000, 1, 0);
INSERT INTO tally VALUES ('p:+1415555', 300000, 1795512900000, 1, 0);
INSERT INTO tally VALUES ('p:+1415555', 5000, 1795512605000, 1, 0);
INSERT INTO figure VALUES (498753, 'sms', 'US', 1, 0);
INSERT INTO reported VALUES ('5yvxdkacts9v3jnn', 1795512600110);
-- object IDEMPOTENCY entropy
-- object LEDGER consent-11
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, sender TEXT, ours TEXT, service TEXT, status TEXT NOT NULL, direction TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_at ON message (at, id);
CREATE TABLE event ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, contact TEXT, document TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, answer INTEGER ) WITHOUT ROWID;
CREATE INDEX event_at ON event (at, id);
CREATE TABLE consent ( contact TEXT NOT NULL, scope TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (contact, scope) ) WITHOUT ROWID;
CREATE TABLE counted (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX counted_at ON counted (at);
CREATE TABLE alert ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL, told INTEGER NOT NULL ) WITHOUT ROWID;
CREATE TABLE alarm_state (one INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE gone (contact TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE "figure" ( slot INTEGER NOT NULL, country TEXT NOT NULL, channel TEXT NOT NULL, line TEXT NOT NULL, code INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, canceled INTEGER NOT NULL, PRIMARY KEY (slot, country, channel, line, code) ) WITHOUT ROWID;
CREATE TABLE execution ( sid TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, flow TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX execution_at ON execution (flow, at, sid);
CREATE TABLE gap (key INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE tally ( kind TEXT NOT NULL, key TEXT NOT NULL, sent INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
INSERT INTO schema_version VALUES (5);
INSERT INTO consent VALUES ('nyzrnz68e6p9bvmnpbkt', 'all', 1795512600050, '{"contact":"nyzrnz68e6p9bvmnpbkt","address":"+14155550177","change":"out","scope":"all","source":"keyword","at":1795512600050}');
-- object LEDGER consent-7
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, sender TEXT, ours TEXT, service TEXT, status TEXT NOT NULL, direction TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_at ON message (at, id);
CREATE TABLE event ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, contact TEXT, document TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, answer INTEGER ) WITHOUT ROWID;
CREATE INDEX event_at ON event (at, id);
CREATE TABLE consent ( contact TEXT NOT NULL, scope TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (contact, scope) ) WITHOUT ROWID;
CREATE TABLE counted (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX counted_at ON counted (at);
CREATE TABLE alert ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL, told INTEGER NOT NULL ) WITHOUT ROWID;
CREATE TABLE alarm_state (one INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE gone (contact TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE "figure" ( slot INTEGER NOT NULL, country TEXT NOT NULL, channel TEXT NOT NULL, line TEXT NOT NULL, code INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, canceled INTEGER NOT NULL, PRIMARY KEY (slot, country, channel, line, code) ) WITHOUT ROWID;
CREATE TABLE execution ( sid TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, flow TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX execution_at ON execution (flow, at, sid);
CREATE TABLE gap (key INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE tally ( kind TEXT NOT NULL, key TEXT NOT NULL, sent INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
INSERT INTO schema_version VALUES (5);
-- object LEDGER consent-8
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, sender TEXT, ours TEXT, service TEXT, status TEXT NOT NULL, direction TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_at ON message (at, id);
CREATE TABLE event ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, contact TEXT, document TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, answer INTEGER ) WITHOUT ROWID;
CREATE INDEX event_at ON event (at, id);
CREATE TABLE consent ( contact TEXT NOT NULL, scope TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (contact, scope) ) WITHOUT ROWID;
CREATE TABLE counted (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX counted_at ON counted (at);
CREATE TABLE alert ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL, told INTEGER NOT NULL ) WITHOUT ROWID;
CREATE TABLE alarm_state (one INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE gone (contact TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE "figure" ( slot INTEGER NOT NULL, country TEXT NOT NULL, channel TEXT NOT NULL, line TEXT NOT NULL, code INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, canceled INTEGER NOT NULL, PRIMARY KEY (slot, country, channel, line, code) ) WITHOUT ROWID;
CREATE TABLE execution ( sid TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, flow TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX execution_at ON execution (flow, at, sid);
CREATE TABLE gap (key INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE tally ( kind TEXT NOT NULL, key TEXT NOT NULL, sent INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
INSERT INTO schema_version VALUES (5);
-- object LEDGER day-20261124
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE message ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, sender TEXT, ours TEXT, service TEXT, status TEXT NOT NULL, direction TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX message_at ON message (at, id);
CREATE TABLE event ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, contact TEXT, document TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, answer INTEGER ) WITHOUT ROWID;
CREATE INDEX event_at ON event (at, id);
CREATE TABLE consent ( contact TEXT NOT NULL, scope TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (contact, scope) ) WITHOUT ROWID;
CREATE TABLE counted (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX counted_at ON counted (at);
CREATE TABLE alert ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL, told INTEGER NOT NULL ) WITHOUT ROWID;
CREATE TABLE alarm_state (one INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE gone (contact TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE "figure" ( slot INTEGER NOT NULL, country TEXT NOT NULL, channel TEXT NOT NULL, line TEXT NOT NULL, code INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, canceled INTEGER NOT NULL, PRIMARY KEY (slot, country, channel, line, code) ) WITHOUT ROWID;
CREATE TABLE execution ( sid TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, flow TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX execution_at ON execution (flow, at, sid);
CREATE TABLE gap (key INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE tally ( kind TEXT NOT NULL, key TEXT NOT NULL, sent INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (kind, key) ) WITHOUT ROWID;
INSERT INTO schema_version VALUES (5);
INSERT INTO message VALUES ('msg_nyzrnz68e6p9bvmnpbktd2maqbtazs7b1ap5', 1795512600050, 1795512600050, NULL, '+15005550006', NULL, 'received', 'inbound', '{"id":"msg_nyzrnz68e6p9bvmnpbktd2maqbtazs7b1ap5","at":1795512600050,"updated":1795512600050,"sender":null,"ours":"+15005550006","service":null,"status":"received","direction":"inbound","channel":"sms","from":"+1•••0177","to":"+15005550006","code":null}');
INSERT INTO message VALUES ('msg_yv7kwqkb34q79qq1sq0a2fyg0b5pwcc9narj', 1795512600060, 1795512600060, NULL, '+15005550006', NULL, 'queued', 'outbound', '{"id":"msg_yv7kwqkb34q79qq1sq0a2fyg0b5pwcc9narj","at":1795512600060,"updated":1795512600060,"sender":null,"ours":"+15005550006","service":null,"status":"queued","direction":"outbound","channel":"sms","from":"+15005550006","to":"+1•••0100","code":null}');
INSERT INTO message VALUES ('msg_yv7kwqkb34q79qq1sq0amgchnqwhegs6sdh1', 1795512600040, 1795512600040, NULL, '+15005550006', NULL, 'received', 'inbound', '{"id":"msg_yv7kwqkb34q79qq1sq0amgchnqwhegs6sdh1","at":1795512600040,"updated":1795512600040,"sender":null,"ours":"+15005550006","service":null,"status":"received","direction":"inbound","channel":"sms","from":"+1•••0100","to":"+15005550006","code":null}');
INSERT INTO event VALUES ('evt_202611249tt4eqy3f1f8cxwd', 1795512600040, 'message.received', 'yv7kwqkb34q79qq1sq0a', '{"id":"evt_202611249tt4eqy3f1f8cxwd","at":1795512600040,"kind":"message.received","contact":"yv7kwqkb34q79qq1sq0a","data":{"body":"hello","channel":"sms","created_at":"2026-11-24T09:30:00.040Z","direction":"inbound","from":"+14155550100","id":"msg_yv7kwqkb34q79qq1sq0amgchnqwhegs6sdh1","media_urls":[],"sid":"SM00000000000000000000000000000001","status":"received","to":"+15005550006","updated_at":"2026-11-24T09:30:00.040Z"}}', 'delivered', 1, 200);
INSERT INTO event VALUES ('evt_20261124dfyhrwhedrc2smgz', 1795512600050, 'message.received', 'nyzrnz68e6p9bvmnpbkt', '{"id":"evt_20261124dfyhrwhedrc2smgz","at":1795512600050,"kind":"message.received","contact":"nyzrnz68e6p9bvmnpbkt","data":{"body":"STOP","channel":"sms","created_at":"2026-11-24T09:30:00.050Z","direction":"inbound","from":"+14155550177","id":"msg_nyzrnz68e6p9bvmnpbktd2maqbtazs7b1ap5","media_urls":[],"sid":"SM00000000000000000000000000000002","status":"received","to":"+15005550006","updated_at":"2026-11-24T09:30:00.050Z"}}', 'delivered', 1, 200);
INSERT INTO event VALUES ('evt_20261124njaksfm7pj0r9gve', 1795512600060, 'message.status', 'yv7kwqkb34q79qq1sq0a', '{"id":"evt_20261124njaksfm7pj0r9gve","at":1795512600060,"kind":"message.status","contact":"yv7kwqkb34q79qq1sq0a","data":{"attempt":1,"channel":"sms","created_at":"2026-11-24T09:30:00.060Z","direction":"outbound","final":false,"from":"+15005550006","id":"msg_yv7kwqkb34q79qq1sq0a2fyg0b5pwcc9narj","sid":"SM00000000000000000000000000000001","status":"queued","to":"+14155550100","updated_at":"2026-11-24T09:30:00.060Z"}}', 'delivered', 1, 200);
INSERT INTO event VALUES ('evt_20261124ws4qj4akan0skjgn', 1795512600050, 'contact.opted_out', 'nyzrnz68e6p9bvmnpbkt', '{"id":"evt_20261124ws4qj4akan0skjgn","at":1795512600050,"kind":"contact.opted_out","contact":"nyzrnz68e6p9bvmnpbkt","data":{"address":"+14155550177","at":"2026-11-24T09:30:00.050Z","change":"out","scopes":["all"],"source":"keyword"}}', 'delivered', 1, 200);
INSERT INTO tally VALUES ('consent', 'out', 0, 0, 0, 1);
INSERT INTO tally VALUES ('minute', '1795512600000', 1, 0, 0, 2);
INSERT INTO tally VALUES ('sender', '+15005550006', 1, 0, 0, 0);
-- object REGISTRY registry
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE flow ( name TEXT NOT NULL, revision INTEGER NOT NULL, definition TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (name, revision) ) WITHOUT ROWID;
CREATE TABLE number ( number TEXT PRIMARY KEY, document TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL ) WITHOUT ROWID;
CREATE TABLE document ( kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (kind, name) ) WITHOUT ROWID;
CREATE TABLE campaign ( id TEXT PRIMARY KEY, at INTEGER NOT NULL, active INTEGER NOT NULL, updated INTEGER NOT NULL, document TEXT NOT NULL ) WITHOUT ROWID;
CREATE INDEX campaign_at ON campaign (active, at);
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL);
INSERT INTO schema_version VALUES (3);
INSERT INTO flow VALUES ('front-desk', 1, '{"description":"Acme''s telephone menu: sales, support, or a message","flags":{"allow_concurrent_calls":true},"initial_state":"Trigger","states":[{"name":"Trigger","properties":{"offset":{"x":0,"y":0}},"transitions":[{"event":"incomingMessage"},{"event":"incomingCall","next":"count_round"},{"event":"incomingConversationMessage"},{"event":"incomingRequest"},{"event":"incomingParent"}],"type":"trigger"},{"name":"count_round","properties":{"offset":{"x":0,"y":200},"variables":[{"key":"round","value":"{% if flow.variables.round %}{{flow.variables.round | plus: 1}}{% else %}1{% endif %}"}]},"transitions":[{"event":"next","next":"check_round"}],"type":"set-variables"},{"name":"check_round","properties":{"input":"{{flow.variables.round}}","offset":{"x":0,"y":400}},"transitions":[{"event":"noMatch","next":"menu"},{"conditions":[{"arguments":["{{flow.variables.round}}"],"friendly_name":"Three rounds are over","type":"greater_than","value":"3"}],"event":"match","next":"say_goodbye"}],"type":"split-based-on"},{"name":"menu","properties":{"finish_on_key":"","gather_language":"en-US","language":"en-US","loop":1,"number_of_digits":1,"offset":{"x":0,"y":600},"profanity_filter":"true","say":"Welcome to Acme Corp. Press 1 for sales. Press 2 for support. Press 3 to leave a message.","speech_timeout":"auto","stop_gather":true,"timeout":5,"voice":"Polly.Joanna"},"transitions":[{"event":"keypress","next":"choose"},{"event":"speech"},{"event":"timeout","next":"count_round"}],"type":"gather-input-on-call"},{"name":"choose","properties":{"input":"{{widgets.menu.Digits}}","offset":{"x":0,"y":800}},"transitions":[{"event":"noMatch","next":"say_invalid"},{"conditions":[{"arguments":["{{widgets.menu.Digits}}"],"friendly_name":"Sales","type":"equal_to","value":"1"}],"event":"match","next":"say_sales"},{"conditions":[{"arguments":["{{widgets.menu.Digits}}"],"friendly_name":"Support","type":"equal_to","value":"2"}],"event":"match","next":"say_support"},{"conditions":[{"arguments":["{{widgets.menu.Digits}}"],"friendly_name":"Message","type":"equal_to","value":"3"}],"event":"match","next":"ask_message"}],"type":"split-based-on"},{"name":"say_invalid","properties":{"language":"en-US","loop":1,"offset":{"x":-400,"y":1000},"say":"Sorry, that is not a valid choice.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"count_round"}],"type":"say-play"},{"name":"say_sales","properties":{"language":"en-US","loop":1,"offset":{"x":0,"y":1000},"say":"Connecting you to sales.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"dial_sales"}],"type":"say-play"},{"name":"dial_sales","properties":{"caller_id":"{{contact.channel.address}}","noun":"number","offset":{"x":0,"y":1200},"timeout":30,"to":"{{flow.data.SALES_PHONE}}"},"transitions":[{"event":"callCompleted","next":"dial_sales_result"},{"event":"hangup"}],"type":"connect-call-to"},{"name":"dial_sales_result","properties":{"input":"{{widgets.dial_sales.DialCallStatus}}","offset":{"x":0,"y":1400}},"transitions":[{"event":"noMatch"},{"conditions":[{"arguments":["{{widgets.dial_sales.DialCallStatus}}"],"friendly_name":"Nobody answered","type":"matches_any_of","value":"busy,no-answer,failed,canceled"}],"event":"match","next":"say_unavailable"}],"type":"split-based-on"},{"name":"say_support","properties":{"language":"en-US","loop":1,"offset":{"x":400,"y":1000},"say":"Connecting you to support.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"dial_support"}],"type":"say-play"},{"name":"dial_support","properties":{"caller_id":"{{contact.channel.address}}","noun":"number","offset":{"x":400,"y":1200},"timeout":30,"to":"{{flow.data.SUPPORT_PHONE}}"},"transitions":[{"event":"callCompleted","next":"dial_support_result"},{"event":"hangup"}],"type":"connect-call-to"},{"name":"dial_support_result","properties":{"input":"{{widgets.dial_support.DialCallStatus}}","offset":{"x":400,"y":1400}},"transitions":[{"event":"noMatch"},{"conditions":[{"arguments":["{{widgets.dial_support.DialCallStatus}}"],"friendly_name":"Nobody answered","type":"matches_any_of","value":"busy,no-answer,failed,canceled"}],"event":"match","next":"say_unavailable"}],"type":"split-based-on"},{"name":"say_unavailable","properties":{"language":"en-US","loop":1,"offset":{"x":400,"y":1600},"say":"Sorry, nobody can take your call right now.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"ask_message"}],"type":"say-play"},{"name":"ask_message","properties":{"language":"en-US","loop":1,"offset":{"x":800,"y":1800},"say":"Please leave a message after the beep. Press the pound key when you are done.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"record_message"}],"type":"say-play"},{"name":"record_message","properties":{"finish_on_key":"#","max_length":120,"offset":{"x":800,"y":2000},"play_beep":"true","timeout":5,"transcribe":true,"trim":"trim-silence"},"transitions":[{"event":"recordingComplete","next":"say_thanks"},{"event":"noAudio","next":"say_no_message"},{"event":"hangup"}],"type":"record-voicemail"},{"name":"say_thanks","properties":{"language":"en-US","loop":1,"offset":{"x":600,"y":2200},"say":"Thank you. Your message was recorded. Goodbye.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete"}],"type":"say-play"},{"name":"say_no_message","properties":{"language":"en-US","loop":1,"offset":{"x":1000,"y":2200},"say":"We did not hear a message. Goodbye.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete"}],"type":"say-play"},{"name":"say_goodbye","properties":{"language":"en-US","loop":1,"offset":{"x":-400,"y":600},"say":"We did not receive a valid choice. Goodbye.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete"}],"type":"say-play"}]}', 1795512600020, 'test');
INSERT INTO number VALUES ('+15005550006', '{"voice_flow":"front-desk"}', 1795512600030, 'test');
INSERT INTO document VALUES ('rotation', 'auth_token', '{"changed":1795512600120,"log":[{"at":1795512600120,"by":"test","step":"start"}],"new":null,"old":"BZn2vyVwCh","step":"start"}', 1795512600120, 'test');
INSERT INTO document VALUES ('sender', 'shop', '{"address":"+15005550006","smart_encoding":false}', 1795512600010, 'test');
INSERT INTO campaign VALUES ('cmp_0911dynzwsbzex68', 1795512600090, 0, 1795512600100, '{"accepted":2,"created_at":"2026-11-24T09:30:00.090Z","created_by":"test","delivered":0,"ended_at":null,"failed":0,"id":"cmp_0911dynzwsbzex68","kind":"transactional","name":"spring","reason":null,"remaining":2,"sender":"+15005550006","sent":0,"started_at":null,"status":"draft","updated_at":"2026-11-24T09:30:00.100Z"}');
INSERT INTO audit VALUES (1, '{"actor":"key:test","at":"2026-11-24T09:30:00.010Z","method":"PUT","path":"/v1/senders/shop","role":"key","status":200}');
INSERT INTO audit VALUES (2, '{"actor":"key:test","at":"2026-11-24T09:30:00.020Z","method":"PUT","path":"/v1/flows/front-desk","role":"key","status":200}');
INSERT INTO audit VALUES (3, '{"actor":"key:test","at":"2026-11-24T09:30:00.030Z","method":"PUT","path":"/v1/numbers/%2B15005550006","role":"key","status":200}');
INSERT INTO audit VALUES (4, '{"actor":"key:test","at":"2026-11-24T09:30:00.090Z","method":"POST","path":"/v1/campaigns","role":"key","status":201}');
INSERT INTO audit VALUES (5, '{"actor":"key:test","at":"2026-11-24T09:30:00.100Z","method":"PUT","path":"/v1/campaigns/cmp_0911dynzwsbzex68/recipients","role":"key","status":200}');
INSERT INTO audit VALUES (6, '{"actor":"key:test","at":"2026-11-24T09:30:00.120Z","method":"POST","path":"/v1/rotation","role":"key","status":200}');
-- object SENDER +15005550006
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE sender (key TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE enlisted (campaign TEXT PRIMARY KEY, rate TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO schema_version VALUES (1);
INSERT INTO sender VALUES ('limits', '{"rate":1.0,"daily":{}}');
-- kv flow/front-desk
1
-- kv flow/front-desk@1
{"description":"Acme's telephone menu: sales, support, or a message","flags":{"allow_concurrent_calls":true},"initial_state":"Trigger","states":[{"name":"Trigger","properties":{"offset":{"x":0,"y":0}},"transitions":[{"event":"incomingMessage"},{"event":"incomingCall","next":"count_round"},{"event":"incomingConversationMessage"},{"event":"incomingRequest"},{"event":"incomingParent"}],"type":"trigger"},{"name":"count_round","properties":{"offset":{"x":0,"y":200},"variables":[{"key":"round","value":"{% if flow.variables.round %}{{flow.variables.round | plus: 1}}{% else %}1{% endif %}"}]},"transitions":[{"event":"next","next":"check_round"}],"type":"set-variables"},{"name":"check_round","properties":{"input":"{{flow.variables.round}}","offset":{"x":0,"y":400}},"transitions":[{"event":"noMatch","next":"menu"},{"conditions":[{"arguments":["{{flow.variables.round}}"],"friendly_name":"Three rounds are over","type":"greater_than","value":"3"}],"event":"match","next":"say_goodbye"}],"type":"split-based-on"},{"name":"menu","properties":{"finish_on_key":"","gather_language":"en-US","language":"en-US","loop":1,"number_of_digits":1,"offset":{"x":0,"y":600},"profanity_filter":"true","say":"Welcome to Acme Corp. Press 1 for sales. Press 2 for support. Press 3 to leave a message.","speech_timeout":"auto","stop_gather":true,"timeout":5,"voice":"Polly.Joanna"},"transitions":[{"event":"keypress","next":"choose"},{"event":"speech"},{"event":"timeout","next":"count_round"}],"type":"gather-input-on-call"},{"name":"choose","properties":{"input":"{{widgets.menu.Digits}}","offset":{"x":0,"y":800}},"transitions":[{"event":"noMatch","next":"say_invalid"},{"conditions":[{"arguments":["{{widgets.menu.Digits}}"],"friendly_name":"Sales","type":"equal_to","value":"1"}],"event":"match","next":"say_sales"},{"conditions":[{"arguments":["{{widgets.menu.Digits}}"],"friendly_name":"Support","type":"equal_to","value":"2"}],"event":"match","next":"say_support"},{"conditions":[{"arguments":["{{widgets.menu.Digits}}"],"friendly_name":"Message","type":"equal_to","value":"3"}],"event":"match","next":"ask_message"}],"type":"split-based-on"},{"name":"say_invalid","properties":{"language":"en-US","loop":1,"offset":{"x":-400,"y":1000},"say":"Sorry, that is not a valid choice.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"count_round"}],"type":"say-play"},{"name":"say_sales","properties":{"language":"en-US","loop":1,"offset":{"x":0,"y":1000},"say":"Connecting you to sales.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"dial_sales"}],"type":"say-play"},{"name":"dial_sales","properties":{"caller_id":"{{contact.channel.address}}","noun":"number","offset":{"x":0,"y":1200},"timeout":30,"to":"{{flow.data.SALES_PHONE}}"},"transitions":[{"event":"callCompleted","next":"dial_sales_result"},{"event":"hangup"}],"type":"connect-call-to"},{"name":"dial_sales_result","properties":{"input":"{{widgets.dial_sales.DialCallStatus}}","offset":{"x":0,"y":1400}},"transitions":[{"event":"noMatch"},{"conditions":[{"arguments":["{{widgets.dial_sales.DialCallStatus}}"],"friendly_name":"Nobody answered","type":"matches_any_of","value":"busy,no-answer,failed,canceled"}],"event":"match","next":"say_unavailable"}],"type":"split-based-on"},{"name":"say_support","properties":{"language":"en-US","loop":1,"offset":{"x":400,"y":1000},"say":"Connecting you to support.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"dial_support"}],"type":"say-play"},{"name":"dial_support","properties":{"caller_id":"{{contact.channel.address}}","noun":"number","offset":{"x":400,"y":1200},"timeout":30,"to":"{{flow.data.SUPPORT_PHONE}}"},"transitions":[{"event":"callCompleted","next":"dial_support_result"},{"event":"hangup"}],"type":"connect-call-to"},{"name":"dial_support_result","properties":{"input":"{{widgets.dial_support.DialCallStatus}}","offset":{"x":400,"y":1400}},"transitions":[{"event":"noMatch"},{"conditions":[{"arguments":["{{widgets.dial_support.DialCallStatus}}"],"friendly_name":"Nobody answered","type":"matches_any_of","value":"busy,no-answer,failed,canceled"}],"event":"match","next":"say_unavailable"}],"type":"split-based-on"},{"name":"say_unavailable","properties":{"language":"en-US","loop":1,"offset":{"x":400,"y":1600},"say":"Sorry, nobody can take your call right now.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"ask_message"}],"type":"say-play"},{"name":"ask_message","properties":{"language":"en-US","loop":1,"offset":{"x":800,"y":1800},"say":"Please leave a message after the beep. Press the pound key when you are done.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete","next":"record_message"}],"type":"say-play"},{"name":"record_message","properties":{"finish_on_key":"#","max_length":120,"offset":{"x":800,"y":2000},"play_beep":"true","timeout":5,"transcribe":true,"trim":"trim-silence"},"transitions":[{"event":"recordingComplete","next":"say_thanks"},{"event":"noAudio","next":"say_no_message"},{"event":"hangup"}],"type":"record-voicemail"},{"name":"say_thanks","properties":{"language":"en-US","loop":1,"offset":{"x":600,"y":2200},"say":"Thank you. Your message was recorded. Goodbye.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete"}],"type":"say-play"},{"name":"say_no_message","properties":{"language":"en-US","loop":1,"offset":{"x":1000,"y":2200},"say":"We did not hear a message. Goodbye.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete"}],"type":"say-play"},{"name":"say_goodbye","properties":{"language":"en-US","loop":1,"offset":{"x":-400,"y":600},"say":"We did not receive a valid choice. Goodbye.","voice":"Polly.Joanna"},"transitions":[{"event":"audioComplete"}],"type":"say-play"}]}
-- kv number/+15005550006
{"voice_flow":"front-desk"}
-- kv sender/shop
{"address":"+15005550006","smart_encoding":false}
