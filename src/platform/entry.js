// What the runtime calls: the entry of the bundle, in front of the wasm module. It stands in for
// the one that worker-build generates, which puts three proxies and two promises before each
// request and each call of an object (docs/performance.md). Nothing here decides anything.

import { DurableObject } from "cloudflare:workers";
import * as wasm from "./index.js";

/** The headers that every webhook is judged by, in the order of `request.rs`. */
const HEADERS = ["content-type", "x-twilio-signature", "i-twilio-idempotency-token"];

/** A body of up to this many bytes comes with its request, a longer one when it is asked for. */
const EAGER = 65536;

/** `criticalError`, and an `instanceId` that changes with each instance of the module. */
const module = wasm.__worker_init_state();

// Each step of a future is a microtask. workerd's own function wraps it twice: 4 % of an inbound
// message's CPU time. A promise's reaction is the engine's alone.
const resolved = Promise.resolve();
globalThis.queueMicrotask = (task) => {
  resolved.then(task).catch(reportError);
};

addEventListener("error", (event) => note(event.error));

/** After a trap (a panic is none: it unwinds) nothing can be said of the instance's memory. */
function note(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  console.error("Critical", error);
  module.criticalError = true;
}

/** A new instance in place of one that trapped. */
function renew() {
  if (!module.criticalError) return;
  wasm.__wbg_reset_state();
  module.criticalError = false;
}

/** Method, URL and HEADERS in lines; a header that is there begins with `=`. */
function head(request) {
  let lines = `${request.method}\n${request.url}`;
  const headers = request.headers;
  for (const name of HEADERS) {
    const value = headers.get(name);
    lines += value === null ? "\n" : `\n=${value}`;
  }
  return lines;
}

export default {
  async fetch(request, env, context) {
    renew();
    try {
      const length = request.headers.get("content-length");
      const isEager = length !== null && Number(length) <= EAGER;
      const body = isEager ? new Uint8Array(await request.arrayBuffer()) : undefined;
      return await wasm.fetch(head(request), body, request, env, context);
    } catch (error) {
      note(error);
      throw error;
    }
  },

  async queue(batch, env) {
    renew();
    try {
      await wasm.queue(batch, env);
    } catch (error) {
      note(error);
      throw error;
    }
  },

  async scheduled(event, env) {
    renew();
    try {
      await wasm.scheduled(env);
    } catch (error) {
      note(error);
      throw error;
    }
  },
};

/** A class of Durable Objects, by the name that the module gives it. */
function durable(name) {
  return class extends DurableObject {
    #logic;
    #instance;

    #open() {
      renew();
      if (this.#instance !== module.instanceId) {
        this.#logic = new wasm[name](this.ctx, this.env);
        this.#instance = module.instanceId;
      }
      return this.#logic;
    }

    /** Carries out a command; null when it could not be. */
    async command(verb, body) {
      try {
        return await this.#open().command(verb, body);
      } catch (error) {
        note(error);
        throw error;
      }
    }

    async alarm() {
      try {
        await this.#open().alarm();
      } catch (error) {
        note(error);
        throw error;
      }
    }
  };
}

export const Contact = durable("Contact");
export const Registry = durable("Registry");
export const Idempotency = durable("Idempotency");
export const Guard = durable("Guard");
export const Ledger = durable("Ledger");
export const Campaign = durable("Campaign");
export const Sender = durable("Sender");
