// The long steps of commands: what they print while they run, and that they end with the process that started them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { lastLine } from "../../tools/setup/run.mjs";
import { processes } from "../../tools/start/processes.mjs";
import { ROOT } from "../../tools/workerd/vault.mjs";
import { eventually } from "../../tools/workerd/wait.mjs";

test("the last whole line is shown, without control characters", () => {
  for (const [pieces, line] of [
    [[], "at work"],
    [["   Compi"], "at work"],
    [["   Compiling syn v2\n", "   Compiling ", "gimli v0"], "Compiling syn v2"],
    [["   Compiling syn v2\n", "   Compiling ", "gimli v0\n"], "Compiling gimli v0"],
    [["\u001b[1m\u001b[92m   Compiling\u001b[0m syn v2\n\n"], "Compiling syn v2"],
    [["10 %\r", "20 %\r"], "20 %"],
  ]) assert.equal(lastLine(pieces), line);
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]]) {
  test(`${signal} ends a step too`, async () => {
    // A unique duration identifies the process.
    const seconds = `60.${process.pid}${code}`;
    const sleeps = () => processes().some(({ command }) => command === `sleep ${seconds}`);
    const script = `import { step } from ${JSON.stringify(join(ROOT, "tools/setup/run.mjs"))};
      await step("Sleeping", "sleep", ["${seconds}"]);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
    await eventually("it sleeps", () => sleeps() || undefined);
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), [code, null]);
    await eventually("the step has ended", () => !sleeps() || undefined);
  });
}
