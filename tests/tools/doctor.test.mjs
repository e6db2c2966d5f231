// `npm run doctor`: against a vault, and against other servers in its place or in front of it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { certificate } from "../runtime/support/servers/certificate.mjs";
import { startOrigin } from "../runtime/support/servers/origin.mjs";
import { freePort } from "../runtime/support/process.mjs";
import { stopAll } from "../runtime/support/stop.mjs";
import { lacking } from "../runtime/support/programs/tools.mjs";
import { askable } from "../runtime/support/servers/upstream.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN, startVault } from "../runtime/support/vault.mjs";
import { startMiddleman } from "./support/middleman.mjs";
import { run } from "./support/run.mjs";

const doctor = (url, env = { API_TOKEN }) => run("tools/doctor.mjs", [url], env);

/** Returns the names of the findings with this mark. */
const marked = (text, mark) => text.split("\n").filter((line) => line.startsWith(`${mark} `))
  .map((line) => line.split(/\s+/)[1]);

/** Returns the whole text of one finding. */
const finding = (text, name) => new RegExp(`^. ${name}\\b.*(?:\\n\\s+→.*)?`, "m").exec(text)?.[0] ?? text;

describe("the doctor's command", () => {
  let upstream;
  let vault;
  before(async () => {
    upstream = await startOrigin();
    vault = await startVault({ vars: { READ_TOKEN, ...askable(upstream.url) } });
  });
  after(() => stopAll(vault, upstream));

  /** Runs the doctor against the vault with a proxy in front of it. */
  async function through(context, options, env) {
    const middleman = await startMiddleman(vault.url, options);
    context.after(() => middleman.stop());
    return { ...(await doctor(middleman.url, env)), middleman };
  }

  it("finds nothing wrong, delivers a file, reads it back, and leaves nothing behind", async () => {
    const { code, text } = await doctor(vault.url);
    assert.equal(code, 0, text);
    assert.deepEqual([...marked(text, "!"), ...marked(text, "✘")], []);
    const names = marked(text, "✔");
    for (const name of ["tls", "reach", "local-clock", "r2", "upstream-fal", "hook", "body-size", "stored", "served", "deleted"]) {
      assert.ok(names.includes(name), `${name}\n${text}`);
    }
    assert.match(text, /All is well\.\n$/);
    assert.ok(!text.includes("\u001b"), "colours");
    for (const secret of [API_TOKEN, HOOK_TOKEN, "r_selftest"]) assert.ok(!text.includes(secret), secret);
    for (const prefix of ["jobs/", "bodies/", "manifests/", "doctor/", "unmatched/"]) {
      assert.deepEqual(await vault.keys(prefix), [], prefix);
    }
    assert.deepEqual((await vault.json("/jobs")).jobs, []);
  });

  it("ends with 1 if there are only warnings, and says what fixes them", async () => {
    await vault.deliver({ eventType: "nonsense" });
    const { code, text } = await doctor(vault.url);
    const { unmatched } = await vault.json("/unmatched");
    for (const { key } of unmatched) {
      await fetch(`${vault.url}/unmatched/${key}`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
    }
    assert.equal(code, 1, text);
    assert.deepEqual(marked(text, "!"), ["unmatched"]);
    assert.match(finding(text, "unmatched"), /→ see why, and assign or drop them: curl/);
    assert.match(text, /It works; 1 warning\.\n$/);
  });

  it("tries no delivery with READ_TOKEN", async () => {
    const { code, text } = await doctor(vault.url, { READ_TOKEN });
    assert.equal(code, 1, text);
    assert.deepEqual(marked(text, "!"), ["self-test"]);
    assert.ok(!marked(text, "✔").includes("hook"));
  });

  it("uses the first of a list of tokens, and ignores a path after the vault's URL", async () => {
    const { code, text } = await doctor(`${vault.url}/`, { API_TOKEN: ` ${API_TOKEN} ,other-token-0123456789` });
    assert.equal(code, 0, text);
  });

  it("says that a token is refused, and does not show it", async () => {
    const { code, text } = await doctor(vault.url, { API_TOKEN: "wrong-token-0123456789" });
    assert.equal(code, 2);
    assert.match(finding(text, "doctor"), /does not accept this token/);
    assert.ok(!text.includes("wrong-token"));
  });

  it("needs a token and a URL, and accepts nothing else", async () => {
    for (const [args, words] of [[[vault.url], /Set API_TOKEN/], [[], /Usage/], [[vault.url, "x"], /Usage/],
      [["--token=x"], /Usage/], [["ftp://x"], /not the scheme/], [["https://"], /not a URL/], [["https://u:p@x"], /user name/],
      [["https://hookvault.<you>.workers.dev"], /placeholder/], [[`${vault.url}/hook/x`], /without \/hook/]]) {
      const env = args[0] === vault.url && args.length === 1 ? {} : { API_TOKEN };
      const { code, text } = await run("tools/doctor.mjs", args, env);
      assert.equal(code, 2, `${args}: ${text}`);
      assert.match(text, words);
    }
  });

  it("says which URL would be right", async () => {
    for (const [typed, right] of [
      ["localhost:8787", "http://localhost:8787"],
      ["127.0.0.1:8787/jobs", "http://127.0.0.1:8787"],
      ["[::1]:8787", "http://[::1]:8787"],
      ["localhost", "http://localhost"],
      ["vault.example", "https://vault.example"],
      ["vault.example:8443/hook/secret", "https://vault.example:8443"],
      ["https://vault.example/hook/secret", "https://vault.example"],
      ["https://user:secret@vault.example/", "https://vault.example"],
    ]) {
      const { code, text } = await run("tools/doctor.mjs", [typed], { API_TOKEN });
      assert.equal(code, 2);
      assert.match(text, new RegExp(`^  npm run doctor -- ${right.replaceAll(/[[\]]/g, "\\$&")}$`, "m"), typed);
      assert.ok(!text.includes("secret"), text);
    }
  });

  for (const [status, mends] of [[413, /→ raise the limit of the proxy/], [503, /→ .*error 1102/]]) {
    it(`a proxy that answers large bodies with ${status}`, async (context) => {
      const answer = (request, response) => {
        if (!(Number(request.headers["content-length"]) > 1_048_576)) return false;
        request.resume();
        response.writeHead(status, { "content-type": "text/html" }).end("<h1>No</h1>");
        return true;
      };
      const { code, text } = await through(context, { answer });
      assert.equal(code, 2, text);
      assert.deepEqual(marked(text, "✘"), ["body-size"]);
      assert.match(finding(text, "body-size"), new RegExp(`gets ${status}, and not from the Worker`));
      assert.match(finding(text, "body-size"), mends);
    });
  }

  it("a proxy that cuts the connection of large bodies", async (context) => {
    const answer = (request) => {
      if (!(Number(request.headers["content-length"]) > 1_048_576)) return false;
      request.socket.resetAndDestroy();
      return true;
    };
    const { code, text } = await through(context, { answer });
    assert.equal(code, 2, text);
    assert.deepEqual(marked(text, "✘"), ["body-size"]);
    assert.match(finding(text, "body-size"), /a delivery of 4 MiB: the connection was closed/);
  });

  it("a hook that alone is redirected", async (context) => {
    const answer = (request, response) => {
      if (!request.url.startsWith("/hook/")) return false;
      response.writeHead(301, { location: `https://www.vault.example${request.url}` }).end();
      return true;
    };
    const { code, text, middleman } = await through(context, { answer });
    assert.equal(code, 2, text);
    assert.deepEqual(marked(text, "✘"), ["hook"]);
    assert.match(finding(text, "hook"), /answers 301 to https:\/\/www\.vault\.example: webhooks are lost/);
    assert.ok(!text.includes("r_selftest"), "a capability is shown");
    assert.ok(middleman.seen.some(({ method }) => method === "DELETE"), "the job is deleted all the same");
  });

  it("a firewall before the hook", async (context) => {
    const answer = (request, response) => {
      if (request.method !== "POST") return false;
      response.writeHead(403).end("<h1>blocked</h1>");
      return true;
    };
    const { text } = await through(context, { answer });
    assert.match(finding(text, "hook"), /a delivery gets 403: not the Worker's own answer/);
  });

  it("a file that is not served as it was", async (context) => {
    const change = (request, answer) => {
      if (request.url.startsWith("/files/")) answer.body = Buffer.from(answer.body.map((byte) => byte ^ 1));
    };
    const { code, text } = await through(context, { change });
    assert.equal(code, 2, text);
    assert.deepEqual(marked(text, "✘"), ["served"]);
    assert.deepEqual((await vault.json("/jobs")).jobs, []);
  });

  for (const [seconds, mark] of [[-3_600, "✘"], [3_600, "✘"], [100, "!"]]) {
    it(`a clock ${seconds} s ahead`, async (context) => {
      const change = (request, answer) => {
        answer.headers.date = new Date(Date.now() + seconds * 1_000).toUTCString();
      };
      const { text } = await through(context, { change });
      assert.deepEqual(marked(text, mark), ["local-clock"], text);
    });
  }

  it("a vault's text can't control the terminal", async (context) => {
    const change = (request, answer) => {
      if (request.url !== "/doctor") return;
      const bad = "\u001b]0;owned\u0007\u001b[2J\u202edone\r\n✔ all is well";
      answer.body = Buffer.from(JSON.stringify({ ok: true, 
        checks: [null, 7, {}, { name: bad, status: "odd", detail: bad, fix: bad, ms: bad }], selfTest: {} }));
      answer.headers["content-length"] = answer.body.length;
    };
    const { code, text } = await through(context, { change });
    assert.equal(code, 2);
    assert.match(text, /5 failures/);
    assert.doesNotMatch(text, /[\u001b\u0007\u202e\r]/);
    assert.deepEqual(marked(text, "✔").filter((name) => name === "all"), []);
  });

  it("sends no token after a 301", async (context) => {
    const elsewhere = await startOrigin();
    context.after(() => elsewhere.stop());
    const answer = (request, response) => {
      response.writeHead(301, { location: `${elsewhere.url}${request.url}` }).end();
      return true;
    };
    const { code, text, middleman } = await through(context, { answer });
    assert.equal(code, 2, text);
    assert.match(finding(text, "reach"), /answers 301 to .*webhooks are lost/);
    assert.deepEqual(elsewhere.requestsMade(), []);
    assert.deepEqual(middleman.seen.map(({ url, headers }) => [url, headers.authorization]), [["/healthz", undefined]]);
  });

  it("sends no token to a server that is not a vault", async (context) => {
    const answer = (request, response) => {
      response.writeHead(200).end("hello");
      return true;
    };
    const { code, text, middleman } = await through(context, { answer });
    assert.equal(code, 2, text);
    assert.match(finding(text, "reach"), /is not a vault/);
    assert.ok(middleman.seen.every(({ headers }) => headers.authorization === undefined));
  });

  it("sends no token over plain http to another machine", async () => {
    const { code, text } = await doctor("http://192.0.2.1:8080");
    assert.equal(code, 2, text);
    assert.match(finding(text, "tls"), /is not https.*nothing was sent/);
  });

  it("nothing listens", async () => {
    const { code, text } = await doctor(`http://127.0.0.1:${await freePort()}`);
    assert.equal(code, 2, text);
    assert.match(finding(text, "reach"), /nothing listens there/);
    assert.match(finding(text, "reach"), /run `npm start`/);
  });

  describe("over TLS", { skip: lacking("openssl") }, () => {
    it("sends no token if the certificate is not trusted", async (context) => {
      const { code, text, middleman } = await through(context, { tls: certificate() });
      assert.equal(code, 2, text);
      assert.match(finding(text, "tls"), /certificate of localhost:\d+ is not valid: self-signed certificate/);
      assert.deepEqual(middleman.seen, []);
    });

    it("accepts a trusted certificate of a vault with PUBLIC_URL", async (context) => {
      const env = { API_TOKEN, NODE_EXTRA_CA_CERTS: certificate().path };
      const middleman = await startMiddleman(vault.url, { tls: certificate() });
      context.after(async () => {
        await middleman.stop();
        await vault.restart({ PUBLIC_URL: null });
      });
      // Behind this proxy the vault cannot know that clients use https.
      await vault.restart({ PUBLIC_URL: middleman.url });
      middleman.leadTo(vault.url);
      const { code, text } = await doctor(middleman.url, env);
      assert.equal(code, 0, text);
      assert.match(finding(text, "tls"), /the certificate is valid/);
    });
  });
});

describe("the doctor's command, for a misconfigured vault", () => {
  it("ends with 2, and finds what does not depend on that", async (context) => {
    const vault = await startVault({ vars: { HOOK_TOKEN: null, MAX_FILE_BYTES: "x" } });
    vault.expectErrors(/MAX_FILE_BYTES/);
    context.after(() => vault.stop());
    const { code, text } = await doctor(vault.url);
    assert.equal(code, 2, text);
    assert.deepEqual(marked(text, "✘"), ["HOOK_TOKEN", "MAX_FILE_BYTES"]);
    assert.ok(marked(text, "✔").includes("r2"));
    assert.match(text, /2 failures, 1 warning: correct them from the top\.\n$/);
  });

  it("explains that API_TOKEN is not set", async (context) => {
    const vault = await startVault({ vars: { API_TOKEN: null } });
    context.after(() => vault.stop());
    const { code, text } = await doctor(vault.url);
    assert.equal(code, 2, text);
    assert.match(finding(text, "doctor"), /API_TOKEN is not set.*\n.*→ npx wrangler secret put API_TOKEN/);
  });

  it("distinguishes the Worker's own limit from another's", async (context) => {
    const vault = await startVault({ vars: { MAX_BODY_BYTES: "100000" } });
    context.after(() => vault.stop());
    const { code, text } = await doctor(vault.url);
    assert.equal(code, 1, text);
    assert.ok(marked(text, "!").includes("body-size"));
    assert.match(finding(text, "body-size"), /over MAX_BODY_BYTES/);
  });
});
