// Something that changes, and notifies its listeners.
import { useEffect, useReducer } from "preact/hooks";

export class Emitter {
  /** How often it has changed. */
  changes = 0;
  #listeners = new Set();

  /** Calls `listener` at each change, until the returned function is called. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notifies the listeners of a change. */
  emit(...news) {
    this.changes += 1;
    for (const listener of [...this.#listeners]) listener(...news);
  }
}

/** Renders the component again whenever the emitter changes. */
export function useChanges(emitter) {
  const [, again] = useReducer((count) => count + 1, 0);
  const { changes } = emitter;
  useEffect(() => {
    // The emitter may have changed since the component was rendered.
    if (emitter.changes !== changes) again();
    return emitter.subscribe(() => again());
  }, [emitter]);
  return emitter;
}
