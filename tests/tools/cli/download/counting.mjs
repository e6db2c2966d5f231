// A proxy before a vault that counts the bytes of each file, and can say when so many have been sent.
import { createServer, request as ask } from "node:http";
import { listen } from "../../../runtime/support/servers/listen.mjs";
import { eventually } from "../../../runtime/support/wait.mjs";

/** @param {() => string} target the vault's URL, which may change */
export async function startCounting(target) {
  const requests = [];
  let [sent, mark] = [0, undefined];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const seen = { path: url, from: Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0), sent: 0, isOpen: true };
    if (url.startsWith("/files/")) requests.push(seen);
    const onward = ask(target() + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on("data", (chunk) => {
        if (!url.startsWith("/files/")) return;
        seen.sent += chunk.length;
        sent += chunk.length;
        if (mark && sent >= mark.at) mark.reached();
      });
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => {
      seen.isOpen = false;
      onward.destroy();
    });
    request.pipe(onward);
  });
  return {
    ...(await listen(server)), requests, sent: () => sent,
    /** Resolves once no file is being sent: a client that was killed is noticed late. */
    idle: () => eventually("no file is being sent", async () => requests.every(({ isOpen }) => !isOpen) || undefined),
    /** Resolves as soon as `count` more bytes of files have been sent. */
    after(count) {
      const { promise, resolve } = Promise.withResolvers();
      mark = { at: sent + count, reached: resolve };
      return promise;
    },
  };
}
