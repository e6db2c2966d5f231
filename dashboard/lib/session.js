// Who is signed in. The token is kept for each tab alone, until that is closed; a tab that has none asks the others of this
// browser, by a channel that no other origin can listen to. What a sender has stored here runs no script.
import { Api, Refusal } from "./api.js";
import { Emitter } from "./emitter.js";

const KEY = "hookvault.token";
/** How long a new tab waits for another's answer before it shows the form; a later one counts as well. */
const PATIENCE_MS = 300;

export class Session extends Emitter {
  api = null;
  /** Why nobody is signed in, if there is a reason to tell. */
  reason = null;
  /** Whether nobody has been signed in here since the page was opened. */
  isNew = true;
  #tabs = new BroadcastChannel("hookvault.session");
  /** Whether another tab's token is waited for: a shared link's reader needs none. */
  #waits = false;
  /** A token that opens nothing any more; other tabs may not know yet. */
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

  /** Asks the other tabs; resolves when one has told, or none is likely to. */
  async ask() {
    this.#waits = true;
    this.#tabs.postMessage({ asks: true });
    await new Promise((resolve) => {
      const stop = this.subscribe(resolve);
      setTimeout(() => resolve(stop()), PATIENCE_MS);
    });
  }

  /** Tries the token; throws the refusal of one that does not open the API. */
  async signIn(token) {
    // No header can hold another character, so that no such token was ever set.
    if (!/^[\x20-\x7e]+$/.test(token)) throw new Refusal(401, "Unauthorized", "this can't be a token");
    await new Api({ token }).json("/whoami");
    this.#open(token);
    this.#tabs.postMessage({ token });
  }

  /** In all tabs. */
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
      // A late answer to what an earlier session asked says nothing of this one.
      if (this.api !== api) return;
      this.#refused = token;
      this.#close(refusal);
    });
    this.api = api;
    this.emit();
  }
}

/** Without storage it is good until the page is left. */
function storage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
