// What the user may do, and how the Worker is configured. It is asked again when the feed reconnects, because a
// deployment may have ended it.
import { Emitter } from "./emitter.js";

export class Rights extends Emitter {
  /** Whether the user has the API token: no action is offered before that is known. */
  mayAct = false;
  /** The entries of `ALLOWED_SOURCE_HOSTS`; `null` while they are unknown. */
  allowed = null;

  constructor(api) {
    super();
    this.api = api;
  }

  async learn() {
    const { access, allowedSourceHosts } = await this.api.json("/whoami");
    [this.mayAct, this.allowed] = [access === "api", allowedSourceHosts];
    this.emit();
  }
}
