// A viewer of the live feed, which keeps the messages.
import { once } from "node:events";
import WebSocket from "ws";
import { eventually } from "./wait.mjs";
import { API_TOKEN } from "./vault.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };
/** Recognizes the message that everything before it has been sent. */
const isHere = ({ job, deleted, seq }) => !job && !deleted && seq !== undefined;

/** @param {string} [after] the `seq` of another viewer's last message */
export async function view(vault, after, { query = "", options = { headers } } = {}) {
  const path = `/live?${after === undefined ? "" : `after=${encodeURIComponent(after)}`}${query}`;
  const socket = new WebSocket(vault.url.replace("http", "ws") + path, options);
  const messages = [];
  const viewer = { socket, messages, code: undefined };
  socket.on("message", (data) => messages.push(String(data) === "pong" ? "pong" : JSON.parse(data)));
  socket.on("close", (code) => (viewer.code = code));
  socket.on("error", () => {});
  await Promise.race([once(socket, "open"), once(socket, "close")]);
  viewer.jobs = () => messages.filter(({ job }) => job).map(({ job }) => job);
  /** Returns the `seq` to continue from. */
  viewer.seq = () => messages.findLast(({ seq }) => seq !== undefined)?.seq;
  /** Resolves to that message, or to a stand-in if the connection was closed before. */
  viewer.here = () => eventually("the viewer is up to date", () => messages.find(isHere) ?? (viewer.code && { seq: after }));
  /** Returns the messages about what the viewer had missed. */
  viewer.missed = () => messages.slice(0, messages.findIndex(isHere));
  viewer.until = (what, is) => eventually(what, () => viewer.jobs().some(is) || undefined);
  return viewer;
}
