// A viewer of the live feed that comes and goes, and keeps the last message about each job.
import WebSocket from "ws";
import { API_TOKEN } from "../workerd/tokens.mjs";
import { eventually } from "../workerd/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };

export class Viewer {
  /** When each job had changed last, according to the feed. */
  told = new Map();
  #seq;
  #socket;

  constructor(vault) {
    this.vault = vault;
  }

  /** Goes on where it ended, and resolves when the feed says that nothing more was missed. */
  async come() {
    const query = this.#seq === undefined ? "" : `?after=${encodeURIComponent(this.#seq)}`;
    this.#socket = new WebSocket(`${this.vault.url.replace("http", "ws")}/live${query}`, { headers });
    let isHere = false;
    this.#socket.on("error", () => {});
    this.#socket.on("message", (data) => {
      const message = JSON.parse(data);
      this.#seq = message.seq;
      if (message.job) this.told.set(message.job.id, message.job.updatedAt);
      isHere ||= !message.job && !message.deleted;
    });
    await eventually("a viewer is up to date", () => isHere || undefined);
  }

  leave() {
    this.#socket.terminate();
  }
}
