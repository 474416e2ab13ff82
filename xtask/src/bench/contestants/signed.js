// What a team would write by hand: the signature checked with WebCrypto, the key imported
// once, a menu answered. The answer is the one that hookswitch gives to the same request.
const encoder = new TextEncoder();
let key;

function importKey(token) {
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  return crypto.subtle.importKey("raw", encoder.encode(token), algorithm, false, ["verify"]);
}

/** The parameters of a webhook, or undefined when Twilio did not sign it. */
export async function signedParameters(request, env) {
  const signature = request.headers.get("x-twilio-signature");
  const parameters = new URLSearchParams(await request.text());
  const names = [...new Set(parameters.keys())].sort();
  let data = request.url;
  for (const name of names) {
    for (const value of [...new Set(parameters.getAll(name))].sort()) data += name + value;
  }
  if (signature === null) return undefined;
  key ??= await importKey(env.TWILIO_AUTH_TOKEN);
  let bytes;
  try {
    bytes = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
  // `verify` compares in constant time.
  const genuine = await crypto.subtle.verify("HMAC", key, bytes, encoder.encode(data));
  return genuine ? parameters : undefined;
}

export function twiml(body) {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?><Response>${body}</Response>`, {
    headers: { "content-type": "text/xml" },
  });
}

export function forbidden(request) {
  console.warn(JSON.stringify({ event: "webhook.rejected", url: request.url }));
  return Response.json({ title: "Forbidden", status: 403 }, { status: 403 });
}

function dial(say, number) {
  return twiml(`<Say>${say}</Say><Dial>${number}</Dial>`);
}

export default {
  async fetch(request, env) {
    const parameters = await signedParameters(request, env);
    if (parameters === undefined) return forbidden(request);
    const call = parameters.get("CallSid");
    const digits = parameters.get("Digits");
    console.log(JSON.stringify({ event: "menu", call, digits }));
    switch (digits) {
      case "1":
        return dial("Connecting you to sales.", env.SALES_PHONE);
      case "2":
        return dial("Connecting you to support.", env.SUPPORT_PHONE);
      case "3":
        return twiml("<Say>Please leave a message.</Say><Record maxLength=\"120\"/>");
      default:
        return twiml("<Say>Sorry.</Say><Redirect>/voice/incoming</Redirect>");
    }
  },
};
