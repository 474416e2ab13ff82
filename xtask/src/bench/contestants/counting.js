// hookswitch with everything counted that the platform bills: sub-requests, calls of Durable
// Objects, rows read and written. `GET /__counts` gives the figures and starts anew.
import worker, * as classes from "./index.js";

const none = () => ({ fetches: 0, objects: 0, kv: 0, queue: 0, read: 0, written: 0, statements: 0 });
let counts = none();

const count = (target, hooks) =>
  new Proxy(target, {
    get(object, name) {
      const value = Reflect.get(object, name, object);
      if (typeof value !== "function") return hooks[name] ? hooks[name](value) : value;
      return (...values) => (hooks[name] ?? ((call) => call()))(() => Reflect.apply(value, object, values));
    },
  });

const counted = (name) => (call) => {
  counts[name] += 1;
  return call();
};

function countedEnv(env) {
  const stub = (call) => count(call(), { command: counted("objects") });
  const namespace = (value) => count(value, { getByName: stub, get: stub });
  const bindings = { ...env };
  for (const name of ["CONTACT", "REGISTRY", "IDEMPOTENCY", "GUARD", "LEDGER", "CAMPAIGN", "SENDER"]) {
    if (env[name]) bindings[name] = namespace(env[name]);
  }
  bindings.PUBLISHED = count(env.PUBLISHED, { get: counted("kv"), put: counted("kv") });
  bindings.EVENTS = count(env.EVENTS, { sendBatch: counted("queue") });
  return bindings;
}

const countedSql = (sql) =>
  count(sql, {
    exec: (call) => {
      counts.statements += 1;
      const cursor = call();
      // All rows are taken first: the figures are those of a cursor at its end.
      const rows = [...cursor.raw()];
      counts.read += cursor.rowsRead;
      counts.written += cursor.rowsWritten;
      return { raw: () => rows[Symbol.iterator](), toArray: () => rows };
    },
  });

const countedState = (state) =>
  count(state, { storage: (storage) => count(storage, { sql: countedSql }) });

const wrapped = (Class) =>
  class extends Class {
    constructor(state, env) {
      super(state, env);
      // The base class takes the runtime's own state and nothing in its place.
      Object.defineProperty(this, "ctx", { value: countedState(state) });
      Object.defineProperty(this, "env", { value: countedEnv(env) });
    }
  };

const outside = globalThis.fetch;
globalThis.fetch = (...values) => {
  counts.fetches += 1;
  return outside(...values);
};

export const Contact = wrapped(classes.Contact);
export const Registry = wrapped(classes.Registry);
export const Idempotency = wrapped(classes.Idempotency);
export const Guard = wrapped(classes.Guard);
export const Ledger = wrapped(classes.Ledger);
export const Campaign = wrapped(classes.Campaign);
export const Sender = wrapped(classes.Sender);

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/__counts") {
      const answer = Response.json(counts);
      counts = none();
      return answer;
    }
    return worker.fetch(request, countedEnv(env), context);
  },
};
