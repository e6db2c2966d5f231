// A proxy before the S3 server that counts. It passes `Host` on unchanged: signatures cover it.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";

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
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    count: (line) => seen.filter((one) => one === line).length,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
