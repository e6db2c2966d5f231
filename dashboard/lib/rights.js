// What whoever looks may do, and what the Worker is set to. Asked anew when the feed begins anew: a deployment has ended it.
import { Emitter } from "./emitter.js";

export class Rights extends Emitter {
  /** Whether it is the API token: nothing is offered before that is known. */
  mayAct = false;
  /** The entries of `ALLOWED_SOURCE_HOSTS`; `null` as long as they are not known. */
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
