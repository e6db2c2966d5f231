// Who is signed in. The token is kept for this tab alone, and until it is closed.
import { Api, Refusal } from "./api.js";
import { Emitter } from "./emitter.js";

const KEY = "hookvault.token";

export class Session extends Emitter {
  api = null;
  /** Why nobody is signed in, if there is a reason to tell. */
  reason = null;

  constructor() {
    super();
    const token = stored();
    if (token) this.#open(token);
  }

  /** Tries the token; throws the refusal of one that does not open the API. */
  async signIn(token) {
    // No header can hold another character, so that no such token was ever set.
    if (!/^[\x20-\x7e]+$/.test(token)) throw new Refusal(401, "Unauthorized", "this can be no token");
    await new Api({ token }).json("/whoami");
    try {
      sessionStorage.setItem(KEY, token);
    } catch {
      // Without storage it is good until the page is left.
    }
    this.#open(token);
    this.emit();
  }

  signOut(reason = null) {
    try {
      sessionStorage.removeItem(KEY);
    } catch {
      // Then there is none.
    }
    [this.api, this.reason] = [null, reason];
    this.emit();
  }

  #open(token) {
    this.reason = null;
    const api = new Api({ token }, (refusal) => {
      // A late answer to what an earlier session asked says nothing of this one.
      if (this.api === api) this.signOut(refusal);
    });
    this.api = api;
  }
}

function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
