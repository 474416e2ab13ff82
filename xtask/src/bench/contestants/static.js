// The floor: a Worker that reads nothing and always answers the same TwiML.
const TWIML = `<?xml version="1.0" encoding="UTF-8"?><Response><Say>Hello</Say></Response>`;

export default {
  fetch() {
    return new Response(TWIML, { headers: { "content-type": "text/xml" } });
  },
};
