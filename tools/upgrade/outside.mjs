// Everything that a vault fetches in an upgrade: a server of files, a queue, and a client with its own webhook.
import { createHash } from "node:crypto";

export const FILES = "https://fal.media/files/";
export const QUEUE = "https://queue.example/queue";
export const CLIENT = "https://client.example/hook";

/** Returns the bytes of a file, always the same for one URL. */
export const content = (url) => Buffer.concat([Buffer.from("\0\0\0\x18ftypmp42"), createHash("sha256").update(url).digest()]);

/**
 * Plays the outside: pass its `change` to a vault. Until `open()`, some of it does not answer, or answers with a
 * failure.
 */
export class Outside {
  #gate = Promise.withResolvers();
  #failure = 503;
  /** The URLs that were fetched. */
  asked = [];

  open() {
    this.#failure = undefined;
    this.#gate.resolve();
  }

  /** Makes URLs that failed hang instead: a job that waits for one stands still. */
  hold() {
    this.#failure = undefined;
  }

  change = (options) => ({ ...options, outboundService: (request) => this.#answer(request) });

  async #answer({ method, url }) {
    this.asked.push(url);
    if (method === "POST" && url.startsWith(QUEUE)) return Response.json({ request_id: "1014", status: "IN_QUEUE" });
    if (url.includes("endless")) return new Response(null, { status: 302, headers: { location: `${url}x` } });
    const fails = url.includes("later") || url.startsWith(CLIENT);
    if (fails && this.#failure) return new Response(null, { status: this.#failure });
    if (fails || url.includes("slow") || url.startsWith(QUEUE)) await this.#gate.promise;
    if (url.startsWith(CLIENT)) return new Response();
    if (!url.startsWith(QUEUE)) return new Response(content(url), { headers: { "content-type": "video/mp4" } });
    const id = /requests\/(\d+)/.exec(url)[1];
    return Response.json({ video: { data_uri: `${FILES}${id}_0_healed.mp4` } });
  }
}
