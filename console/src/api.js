// The gateway's JSON API, with the session's cookie. Changes carry the header that a page of
// another site cannot send.

/** What the API answered in place of what was asked for. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? `The gateway answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

const lost = new Set();

/** Calls `listener` whenever the gateway says that nobody is logged in. */
export function onLoggedOut(listener) {
  lost.add(listener);
  return () => lost.delete(listener);
}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "The gateway does not answer", detail: "Look at your connection, and try again." });
  }
  const text = await response.text();
  let body;
  try {
    body = text ? JSON.parse(text) : undefined;
  } catch {
    body = undefined;
  }
  if (response.ok) return body ?? text;
  if (response.status === 401 && path !== "/console/session") lost.forEach((listener) => listener());
  throw new Problem(response.status, body);
}

export function get(path, signal) {
  return answer(path, { signal });
}

/** A change: `body` is sent as JSON, or as it is where `type` says what it is. */
export function change(method, path, body, type, more = {}) {
  const headers = { "X-Hookswitch-Console": "1", ...more };
  if (body !== undefined) headers["Content-Type"] = type ?? "application/json";
  return answer(path, {
    method,
    headers,
    body: body === undefined || type ? body : JSON.stringify(body),
  });
}

/** A path of segments, each escaped. */
export function path(...segments) {
  return `/v1/${segments.map(encodeURIComponent).join("/")}`;
}

/** A query of those values that are not empty, with its `?`. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
