// The Worker's entry: the classes that the runtime calls, around those that wasm-bindgen generates.
//
// After a trap an instance of wasm must not be called again. The next event gets a new instance, in
// which each object makes its part again. Work that was in progress in the old one never ends.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import * as wasm from "./index.js";

Error.stackTraceLimit = 100;

/** A panic also sets `criticalError`; each new instance increments `instanceId`. */
const state = wasm.__worker_init_state();

/** Records a trap. A stack overflow is a `RangeError`, and a trap as well. */
function noteTrap(error) {
  if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) return;
  console.error("Critical", error);
  state.criticalError = true;
}

addEventListener("error", ({ error }) => noteTrap(error));

function call(run) {
  if (state.criticalError) {
    console.log("Reinitializing Wasm application");
    wasm.__wbg_reset_state();
    state.criticalError = false;
  }
  try {
    return run();
  } catch (error) {
    noteTrap(error);
    throw error;
  }
}

/**
 * Returns a class of Durable Objects with the methods of `Class`, which is in wasm. The runtime lets a
 * method be called from outside only if its class derives from `DurableObject`; wasm-bindgen's do not.
 */
function durable(Class) {
  const ours = ["constructor", "free", "__destroy_into_raw"];
  const methods = Object.getOwnPropertyNames(Class.prototype).filter((name) => !ours.includes(name));
  return class extends DurableObject {
    #part;
    #instanceId;

    static {
      for (const name of methods) {
        this.prototype[name] = function (...args) {
          return call(() => this.#current()[name](...args));
        };
      }
    }

    #current() {
      if (this.#instanceId !== state.instanceId) {
        this.#part = new Class(this.ctx, this.env);
        this.#instanceId = state.instanceId;
      }
      return this.#part;
    }
  };
}

export const Catalog = durable(wasm.Catalog);
export const Job = durable(wasm.Job);

export default class extends WorkerEntrypoint {
  fetch(request) {
    return call(() => wasm.fetch(request, this.env, this.ctx));
  }
}
