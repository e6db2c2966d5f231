// The live feed: what happens to jobs, as it happens, and after a break what was missed.
import { Emitter } from "./emitter.js";

/** The feed is closed at its end, and the next one goes on where it ended. */
const TICKET_SECONDS = 900;
const PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
const PING_MS = 20_000;
const SILENCE_MS = 30_000;

/** Tells `(message)` for each change, and `{ resync }` when the listing is to be read anew; `states` tells when its `state` is another. */
export class Live extends Emitter {
  /** `connecting`, `live`, or `off`: whoever may only read gets no ticket for it. */
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
        // One that is far behind is told a piece at a time, and comes again for the next.
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

  /** Resolves when the connection has ended: whether it has told anything. */
  async #connect() {
    // A browser sends no header with a WebSocket: a ticket stands in the URL, not the token.
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
      // Everything before is told, or with `resync` is in the listing.
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
