// Files in every spelling of their senders, byte for byte, and outputs that cannot be copied.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { file, noise, PNG } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";

const base64 = PNG.toString("base64");
const lines = (end) => base64.replace(/.{76}/g, `$&${end}`);
const uri = (data, head = "image/png;base64") => `data:${head},${data}`;
const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());
const slashes = (token) => token.replaceAll("/", "\\/");
const units = (token) => `"${[...JSON.parse(token)].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;

describe("a file", () => {
  let origin, vault;
  let jobs = 0;
  before(async () => ({ origin, vault } = await startServed()));
  after(() => stopAll(vault, origin));

  async function take(body, more = "") {
    const id = `spelled-${(jobs += 1)}`;
    assert.equal((await vault.deliver(`{"eventType":"completed","jobId":"${id}",${body}${more}}`)).status, 200);
    return vault.settled(id);
  }

  const svg = `<svg xmlns='http://www.w3.org/2000/svg'><text>100% é</text>${"<g/>".repeat(400)}</svg>`;
  const coded = encodeURIComponent(base64);
  const inline = {
    "with escaped slashes": [uri(base64), slashes],
    "all in escapes": [uri(base64), units],
    "in lines of 76": [uri(lines("\n"))],
    "in lines that end with CR LF and a space": [uri(lines("\r\n "))],
    "in lines whose breaks are percent-encoded": [uri(lines("%0D%0A"))],
    "in white space": [`\n ${uri(base64)} \r\n`],
    "behind a byte order mark": [`\ufeff${uri(base64)}`],
    "with spaces in its head": [uri(` ${base64}`, " image/png ;  base64 ")],
    "in upper case": [uri(base64, "IMAGE/PNG;BASE64").replace("data:", "DATA:")],
    "percent-encoded": [uri(coded)],
    "percent-encoded in lower case": [uri(coded.replace(/%../g, (escape) => escape.toLowerCase()))],
    "in the url-safe alphabet": [uri(PNG.toString("base64url"))],
    "without padding": [uri(base64.replace(/=+$/, ""))],
    "with a quoted name": [uri(base64, 'image/png;name="a, b;c.png";base64')],
    "with a fragment": [`${uri(base64)}#a`],
    "of no type": [uri(base64, ";base64")],
    "of a vague type": [uri(base64, "application/octet-stream;base64")],
    "of another name of its type": [uri(base64, "image/x-png;base64")],
  };
  for (const [name, [text, write = (token) => token]] of Object.entries(inline)) {
    test(`in a data: URI ${name} is stored unchanged`, async () => {
      const job = await take(`"image":{"url":${write(JSON.stringify(text))}}`);
      assert.deepEqual([job.archive, job.files.length], ["stored", 1]);
      const { contentType, name: saved, url } = job.files[0];
      assert.deepEqual([contentType, saved], ["image/png", "image.png"]);
      assert.deepEqual(await bytesOf(url), PNG);
      assert.deepEqual(job.result, { image: { url } });
    });
  }

  for (const [name, text] of Object.entries({
    "in lines": `${lines("\n")}\n`, "in the url-safe alphabet": PNG.toString("base64url"),
    "in white space": ` ${base64}\t`,
  })) {
    test(`in bare base64 ${name} is stored unchanged`, async () => {
      const job = await take(`"image":{"data_uri":${JSON.stringify(text)}}`);
      assert.deepEqual(await bytesOf(job.files[0].url), PNG);
    });
  }

  test("in a data: URI that is not base64 is decoded as browsers do", async () => {
    for (const data of [encodeURIComponent(svg), svg.replace("%", "%25"), svg]) {
      const job = await take(`"icon":${JSON.stringify(`data:image/svg+xml;utf8,${data}`)}`);
      assert.equal((await bytesOf(job.files[0].url)).toString(), svg);
      assert.equal(job.files[0].name, "icon.svg");
    }
  });

  const mp4 = noise(3_000, "clip");
  for (const [name, around] of Object.entries({
    "a raw space": (url) => url, "a line break behind it": (url) => `${url}\n`,
    "white space around it": (url) => `\t ${url} \r\n`, "a byte order mark": (url) => `\ufeff${url}`,
    "a line break in it": (url) => url.replace("clip", "cl\r\nip"),
  })) {
    test(`at a URL with ${name} is copied, and its signature is not shown`, async () => {
      origin.on("/my%20clip.mp4", file(mp4));
      const url = around(`${origin.url}/my clip.mp4?X-Amz-Signature=s3cret&X-Amz-Date=20991227T203935Z&X-Amz-Expires=60`);
      const job = await take(`"video":{"url":${JSON.stringify(url)}}`);
      assert.deepEqual([job.archive, job.files[0].name], ["stored", "my_clip.mp4"]);
      assert.equal(job.files[0].expiresAt, Date.parse("2099-12-27T20:40:35Z"));
      assert.deepEqual(await bytesOf(job.files[0].url), mp4);
      const told = await (await vault.get(`/jobs/${job.id}`)).text();
      assert.ok(!told.includes("s3cret"), told);
    });
  }

  test("in a string that is JSON is copied, and nothing else of the string changes", async () => {
    origin.on("/a.mp4", file(mp4));
    const url = `${origin.url}/a.mp4`;
    const inner = (file, picture, deep) =>
      `{ "seed":196619188014358660, "resultUrls":[${JSON.stringify(file)}],"n":1.10,"x":NaN,` +
      `"deep":${JSON.stringify(`{"u":${JSON.stringify(deep)}}`)},"image":${JSON.stringify(picture)} }`;
    const job = await take(`"data":{"resultJson":${JSON.stringify(inner(url, uri(lines("\n")), ` ${url}`))}}`);
    const at = job.files.map((one) => one.pointers);
    assert.deepEqual(at, [["/data/resultJson/resultUrls/0", "/data/resultJson/deep/u"], ["/data/resultJson/image"]]);
    const [video, picture] = job.files.map((one) => one.url);
    assert.deepEqual(job.result.data.resultJson, inner(video, picture, video));
    assert.deepEqual([await bytesOf(video), await bytesOf(picture)], [mp4, PNG]);
  });

  test("on a host that is not allowed is named, unless it is an input", async () => {
    const output = { file: "https://out.example/x", input: { url: "https://in.example/a.png" } };
    const prediction = { id: "named-1", model: "m", version: "v", status: "succeeded", urls: {}, output,
      input: { image: "https://in.example/b.png" }, error: null };
    await vault.deliver(prediction);
    const job = await vault.settled("named-1");
    assert.deepEqual([job.archive, job.files], ["partial", []]);
    const skipped = { pointer: "/file", host: "out.example", reason: "host not allowed", allow: "out.example" };
    assert.deepEqual(job.skipped, [skipped]);
  });

  test("that is a sentence, or does not decode, stays text", async () => {
    const texts = [
      `${origin.url}/a.mp4 is the file`, `Data: image/png, "as it is" ${"x".repeat(1_100)}`,
      uri(`${base64}!`), uri(base64.slice(0, -3)), `[${origin.url}/a.mp4]`,
    ];
    const job = await take(`"texts":${JSON.stringify(texts)}`);
    assert.deepEqual([job.archive, job.files, job.result.texts], ["none", [], texts]);
  });
});
