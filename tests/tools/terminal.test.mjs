// Output on a terminal, and hidden input.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { askSecret, colours, plain } from "../../tools/setup/terminal.mjs";

/** Makes a keyboard and a screen. */
function terminal() {
  const input = Object.assign(new EventEmitter(), { raw: [], setRawMode: (on) => input.raw.push(on), resume() {}, pause() {} });
  const output = { text: "", write: (text) => (output.text += text) };
  return { input, output, type: (keys) => input.emit("data", Buffer.from(keys)) };
}

describe("a secret", () => {
  it("is hidden while it is typed, and can be corrected", async () => {
    const { input, output, type } = terminal();
    const asked = askSecret("Token: ", { input, output });
    type("geheim");
    type("\u007f\u007fm-n\r");
    assert.equal(await asked, "gehem-n");
    assert.equal(output.text, "Token: \n");
    assert.deepEqual(input.raw, [true, false]);
    assert.equal(input.listenerCount("data"), 0);
  });

  it("may be pasted with the line's end, in pieces of bytes", async () => {
    const { input, output, type } = terminal();
    const asked = askSecret("", { input, output });
    const bytes = Buffer.from("ü-token \n");
    type(bytes.subarray(0, 1));
    type(bytes.subarray(1));
    assert.equal(await asked, "ü-token");
  });

  it("is cancelled by Ctrl-C, and the terminal is restored", async () => {
    const { input, output, type } = terminal();
    const asked = askSecret("", { input, output });
    type("half\u0003");
    await assert.rejects(asked, /Interrupted/);
    assert.deepEqual(input.raw, [true, false]);
  });
});

describe("colours", () => {
  const red = (stream, env) => colours(stream, env).red("x");
  it("appear only on terminals whose user wants them", () => {
    assert.equal(red({ isTTY: true }, {}), "\u001b[31mx\u001b[0m");
    for (const [stream, env] of [[{}, {}], [{ isTTY: true }, { NO_COLOR: "1" }], [{ isTTY: true }, { TERM: "dumb" }]]) {
      assert.equal(red(stream, env), "x");
    }
  });

  it("can't be set by foreign texts", () => {
    assert.equal(plain("a\u001b[31mb\r\n\u202ec"), "a [31mb c");
  });
});
