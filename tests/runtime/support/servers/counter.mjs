// A proxy before the S3 server, which counts requests. It passes `Host` on unchanged, because signatures cover it.
import { createServer, request as ask } from "node:http";
import { listen } from "./listen.mjs";

export async function startCounter(target) {
  const seen = [];
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push(`${method} ${url.split("?")[0]}`);
    const onward = ask({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  return {
    ...(await listen(server)),
    count: (line) => seen.filter((one) => one === line).length,
  };
}
