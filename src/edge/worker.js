// The Worker's entry: the classes that the runtime calls, around what wasm-bindgen makes of ours.
//
// A trap leaves an instance of wasm that must not be called again. The next event gets a new one, in
// which each object makes its part again; whatever was under way in the old one never ends.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import * as wasm from "./index.js";

Error.stackTraceLimit = 100;

/** `criticalError` is set by a panic too; each new instance counts `instanceId` up. */
const state = wasm.__worker_init_state();

/** A stack that overflows is a `RangeError`, and a trap as well. */
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
 * A class of objects, with the methods of its class in wasm. The runtime lets a method be called from
 * elsewhere only if its class derives from the runtime's own, which wasm-bindgen's does not.
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
