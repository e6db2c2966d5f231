// The live feed: changes of jobs as they happen, and after a break those that were missed.
import { Emitter } from "./emitter.js";

/** How long a ticket lasts. When it expires the feed is closed, and the next one continues from there. */
const TICKET_SECONDS = 900;
const PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
const PING_MS = 20_000;
const SILENCE_MS = 30_000;

/**
 * Emits `(message)` for each change, and `{ resync }` when the listing must be read again. `states` emits when `state`
 * changes.
 */
export class Live extends Emitter {
  /** `connecting`, `live` or `off`: a user with read access only gets no ticket for the feed. */
  state = "connecting";
  states = new Emitter();
  #seq;
  #socket;
  #stopped = false;
  #wake = () => {};

  constructor(api, rights) {
    super();
    [this.api, this.rights] = [api, rights];
  }

  start() {
    this.#run();
    this.#again = () => this.#wake();
    addEventListener("online", this.#again);
    document.addEventListener("visibilitychange", this.#again);
    return this;
  }

  stop() {
    this.#stopped = true;
    removeEventListener("online", this.#again);
    document.removeEventListener("visibilitychange", this.#again);
    this.#socket?.close();
    this.#wake();
  }

  #again;

  async #run() {
    for (let failures = 0; !this.#stopped;) {
      try {
        await this.rights.learn();
        if (!this.rights.mayAct) return this.#become("off");
        // A viewer that is far behind gets a part at a time, and connects again for the next part.
        const told = await this.#connect();
        failures = told ? 0 : failures + 1;
      } catch (refusal) {
        if (refusal.status === 401) return;
        failures += 1;
      }
      if (this.#stopped) return;
      this.#become("connecting");
      await this.#pause(Math.min(PAUSE_MS * 2 ** failures, MAX_PAUSE_MS) * (0.75 + Math.random() / 2));
    }
  }

  /** Resolves when the connection has ended: whether it brought any message. */
  async #connect() {
    // A browser sends no header with a WebSocket, so a ticket is in the URL, not the token.
    const answer = await this.api.post("/tickets", { scope: "live", ttl: TICKET_SECONDS });
    const { ticket } = await answer.json();
    if (this.#stopped) return false;
    const url = new URL("/live", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("ticket", ticket);
    if (this.#seq !== undefined) url.searchParams.set("after", this.#seq);
    return this.#listen(new WebSocket(url));
  }

  #listen(socket) {
    this.#socket = socket;
    let [heard, told] = [Date.now(), false];
    socket.onmessage = ({ data }) => {
      heard = Date.now();
      if (data === "pong") return;
      const message = JSON.parse(data);
      this.#seq = message.seq;
      told = true;
      const isHere = !message.job && !message.deleted;
      if (!isHere || message.resync) this.emit(message);
      // Everything before this was sent, or with `resync` is in the listing.
      if (isHere) this.#become("live");
    };
    const beat = setInterval(() => {
      if (Date.now() - heard > SILENCE_MS) socket.close();
      else if (socket.readyState === WebSocket.OPEN) socket.send("ping");
    }, PING_MS);
    return new Promise((resolve) => {
      socket.onclose = () => {
        clearInterval(beat);
        resolve(told);
      };
    });
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.states.emit();
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
