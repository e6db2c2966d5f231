// Who is signed in. Each tab keeps the token for itself, until it is closed. A tab without a token asks the other tabs
// of this browser, over a channel that no other origin can use. Scripts in senders' files never run at this origin.
import { Api, Refusal } from "./api.js";
import { Emitter } from "./emitter.js";

const KEY = "hookvault.token";
/** How many ms a new tab waits for another's answer before it shows the form. A later answer counts too. */
const PATIENCE_MS = 300;

export class Session extends Emitter {
  api = null;
  /** Why nobody is signed in, if there is a reason to show. */
  reason = null;
  /** Whether nobody has been signed in here since the page was opened. */
  isNew = true;
  #tabs = new BroadcastChannel("hookvault.session");
  /** Whether this tab waits for another tab's token. A shared link's reader needs none. */
  #waits = false;
  /** A token that is no longer valid; other tabs may not know that yet. */
  #refused;

  constructor() {
    super();
    this.#tabs.onmessage = ({ data: { asks, token, left } }) => {
      if (asks && this.api) this.#tabs.postMessage({ token: this.api.right.token });
      if (this.#waits && token && token !== this.#refused) this.#open(token);
      if (left && this.api) this.#close();
    };
    const token = storage((kept) => kept.getItem(KEY));
    if (token) this.#open(token);
  }

  /** Asks the other tabs, and resolves when one has answered, or none is likely to. */
  async ask() {
    this.#waits = true;
    this.#tabs.postMessage({ asks: true });
    await new Promise((resolve) => {
      const stop = this.subscribe(resolve);
      setTimeout(() => resolve(stop()), PATIENCE_MS);
    });
  }

  /** Tries the token, and throws the refusal if it is not valid. */
  async signIn(token) {
    // A token can contain no other character.
    if (!/^[\x20-\x7e]+$/.test(token)) throw new Refusal(401, "Unauthorized", "this can't be a token");
    await new Api({ token }).json("/whoami");
    this.#open(token);
    this.#tabs.postMessage({ token });
  }

  /** Signs out in all tabs. */
  signOut() {
    this.#close();
    this.#tabs.postMessage({ left: true });
  }

  #close(reason = null) {
    storage((kept) => kept.removeItem(KEY));
    [this.api, this.reason] = [null, reason];
    this.emit();
  }

  #open(token) {
    storage((kept) => kept.setItem(KEY, token));
    [this.isNew, this.#waits, this.reason] = [false, false, null];
    const api = new Api({ token }, (refusal) => {
      // A late answer to an earlier session says nothing about this one.
      if (this.api !== api) return;
      this.#refused = token;
      this.#close(refusal);
    });
    this.api = api;
    this.emit();
  }
}

/** Uses the storage. Without storage, the token lasts until the page is left. */
function storage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
