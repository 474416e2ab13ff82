// The border between the Worker's wasm and the runtime. What takes many small steps over
// there is done here in one crossing: a crossing with a string costs about as much as the
// signature of a short request (docs/performance.md). Nothing here decides anything.

/** The body; undefined when it is longer than `limit` bytes. */
export async function body(request, limit) {
  if (request.body === null) return new Uint8Array();
  const announced = request.headers.get("content-length");
  if (announced !== null) {
    return Number(announced) > limit ? undefined : new Uint8Array(await request.arrayBuffer());
  }
  // Nobody said how long it is: never more than the limit in memory.
  const chunks = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The number of the caller's network (ASN). */
export function network(request) {
  return request.cf?.asn;
}

/** Reads a body piece by piece. */
export function reader(request) {
  return request.body?.getReader();
}

/** The next piece; undefined at the end. */
export async function nextPiece(reader) {
  return (await reader?.read())?.value;
}

/** The headers of answers that have no others than a type: made once. */
const TYPED = new Map();

/** A response; `headers` are names and values in turn, in lines. */
export function respond(status, headers, body) {
  let pairs = TYPED.get(headers);
  if (pairs === undefined) {
    const lines = headers.split("\n");
    pairs = new Headers();
    for (let at = 0; at + 1 < lines.length; at += 2) pairs.set(lines[at], lines[at + 1]);
    if (lines.length === 2 && lines[0] === "content-type") TYPED.set(headers, pairs);
  }
  return new Response(status === 204 ? null : body, { status, headers: pairs });
}

/** An answer whose body is written piece by piece. */
export function openStream(status, headers) {
  const { readable, writable } = new TransformStream();
  const { headers: pairs } = respond(status, headers, null);
  return { response: new Response(readable, { status, headers: pairs }), writer: writable.getWriter() };
}

/** Kept once the reader has taken it; broken when the reader has gone. */
export async function writePiece(stream, text) {
  await stream.writer.write(new TextEncoder().encode(text));
}

export async function endStream(stream) {
  await stream.writer.close();
}

/** Asks a Durable Object, by a call of its method (`entry.js`). */
export async function ask(env, binding, name, verb, body) {
  const reply = await env[binding].getByName(name).command(verb, body);
  if (reply === null) throw new Error(`${binding} did not carry out ${verb}`);
  return reply;
}

/** Runs a statement. Values go in, and rows come out, as JSON. */
export function exec(sql, statement, values) {
  return JSON.stringify([...sql.exec(statement, ...JSON.parse(values)).raw()]);
}

export function sqlOf(state) {
  return state.storage.sql;
}

/**
 * Sets the alarm. It commits with the rows that it is for, so nobody waits for it; an object that
 * cannot set it begins anew.
 */
export function setAlarm(state, at) {
  state.storage.setAlarm(at).catch((error) => state.abort(String(error)));
}

/**
 * Sends a request, within `milliseconds`; at most `limit` bytes of the answer are read. A
 * redirect is not followed: Twilio's API has none, and where a flow's goes is asked first.
 */
export async function send(method, url, headers, body, milliseconds, limit) {
  const response = await fetch(url, {
    method,
    headers: Object.fromEntries(new Map(JSON.parse(headers))),
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(milliseconds),
  });
  const decoder = new TextDecoder();
  let text = "";
  let left = limit;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left <= 0) break;
  }
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after") ?? undefined,
    contentType: response.headers.get("content-type") ?? undefined,
    location: response.headers.get("location") ?? undefined,
    body: text + decoder.decode(),
  };
}

/**
 * What servers say about what is behind URLs (in lines), within `milliseconds`: for each a line
 * with its type and one with its length, both empty for one that says nothing.
 */
export async function look(urls, milliseconds) {
  const signal = AbortSignal.timeout(milliseconds);
  const looks = urls.split("\n").map(async (url) => {
    try {
      const { ok, headers } = await fetch(url, { method: "HEAD", redirect: "manual", signal });
      const said = (name) => (ok && headers.get(name)) || "";
      return `${said("content-type")}\n${said("content-length")}`;
    } catch {
      return "\n";
    }
  });
  return (await Promise.all(looks)).join("\n");
}

/**
 * Passes on what is behind a URL, as a stream. A redirect is followed without credentials. What
 * comes may be anything: it must never run as a page of this origin.
 */
export async function relay(url, authorization, milliseconds) {
  const signal = AbortSignal.timeout(milliseconds);
  let headers = authorization === undefined ? {} : { authorization };
  let response;
  for (let hops = 0; hops < 4; hops += 1) {
    response = await fetch(url, { headers, redirect: "manual", signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) break;
    url = new URL(location, url).href;
    headers = {};
  }
  const answer = new Headers({
    "cache-control": "private, max-age=300",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
  });
  for (const name of ["content-type", "content-length"]) {
    const value = response.headers.get(name);
    if (value !== null) answer.set(name, value);
  }
  const status = response.status === 200 ? 200 : response.status === 404 ? 404 : 502;
  return new Response(status === 200 ? response.body : null, { status, headers: answer });
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function variable(env, name) {
  const value = env[name];
  return typeof value === "string" ? value : undefined;
}

export async function readKey(env, binding, key) {
  return (await env[binding].get(key)) ?? undefined;
}

/** Writes a value; an empty one takes the key away. */
export async function writeKey(env, binding, key, value) {
  await (value === "" ? env[binding].delete(key) : env[binding].put(key, value));
}

/** Puts texts, a JSON array of them, on a queue: in batches that a queue takes: 100 messages, 256 KB. */
export async function enqueue(env, binding, texts) {
  let batch = [];
  let size = 0;
  for (const body of JSON.parse(texts)) {
    if (batch.length === 100 || (batch.length > 0 && size + body.length > 65536)) {
      await env[binding].sendBatch(batch);
      batch = [];
      size = 0;
    }
    batch.push({ body, contentType: "json" });
    size += body.length;
  }
  if (batch.length > 0) await env[binding].sendBatch(batch);
}

/**
 * Hands an e-mail to a binding of the type `send_email`. Undefined when it was taken; else the
 * error's code, which only an error that the service itself reports has.
 */
export async function mail(env, binding, from, to, subject, text) {
  if (env[binding] === undefined) return "E_NO_BINDING";
  try {
    await env[binding].send({ from, to, subject, text });
  } catch (error) {
    return String(error.code ?? "");
  }
}

/** Whether a key may make another request; a binding that is missing limits nothing. */
export async function allow(env, binding, key) {
  return env[binding] === undefined || (await env[binding].limit({ key })).success;
}

/** Whether a signature by RS256 is that of an RSA key, which is given by its base64url numbers. */
export async function verifyRs256(n, e, signed, signature) {
  // A view of the module's memory, which may move before the next line but one.
  const own = signature.slice();
  const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const jwk = { kty: "RSA", alg: "RS256", n, e };
  const key = await crypto.subtle.importKey("jwk", jwk, rsa, false, ["verify"]);
  return crypto.subtle.verify(rsa, key, own, new TextEncoder().encode(signed));
}
