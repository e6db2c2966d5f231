// Runs every block of every page as it is printed, from the top of its page, in one shell. A block sees what the blocks
// before it have set. `WRITE_EXAMPLES=1` rewrites the answers that a page shows.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inRoot } from "../../../tools/setup/project.mjs";
import { pythonClients } from "../../../tools/setup/python.mjs";
import { masked } from "../../runtime/support/api/masks.mjs";
import { lacking } from "../../runtime/support/programs/tools.mjs";
import { eventually } from "../../runtime/support/wait.mjs";
import { PACKAGE, serve, startDesk } from "../support/desk.mjs";
import { answered, blocks, shapes } from "../support/pages.mjs";

const PAGES = ["", "docs"].flatMap((folder) =>
  readdirSync(inRoot(folder)).filter((name) => name.endsWith(".md")).map((name) => join(folder, name)));
/** The languages whose blocks are not programs. */
const SHOWN = ["json", "mermaid", "text", "toml"];
/** How blocks in the other languages are pasted. */
const PASTED = {
  sh: (code) => code,
  js: (code) => `node --input-type=module <<'PROGRAM'\n${code}PROGRAM\n`,
  python: (code) => `${pythonClients.program("python")} - <<'PROGRAM'\n${code}PROGRAM\n`,
};
const SERVERS = [/^(npm start|npx wrangler dev)\b/, PACKAGE];
const [PAUSE_MS, LIMIT_MS] = [500, 20_000];

/** Pastes a block once. Returns `{ said, calls, wrong }`; `wrong` is an error if something differs from the page. */
async function pasted(desk, { language, code, status, answer }) {
  const { stdout, calls, ...told } = await desk.paste(PASTED[language](code));
  assert.equal(told.code, 0, stdout + told.stderr);
  const said = masked(desk.asPrinted(stdout.replaceAll("\r", "")));
  const statuses = calls.filter(({ command }) => command === "curl").map((call) => call.status);
  try {
    if (status) assert.equal(statuses.pop(), status, stdout);
    assert.deepEqual(statuses.filter((one) => one < 200 || one > 299), [], stdout);
    if (status && !process.env.WRITE_EXAMPLES) assert.deepEqual(...shapes(said, answer), stdout);
    return { said, calls };
  } catch (wrong) {
    return { said, calls, wrong };
  }
}

/** Runs a block, and repeats a request that changes nothing: a listing may not know a new job yet. */
async function run(desk, block) {
  if (SERVERS.some((server) => server.test(block.code))) {
    await serve(block.code);
    return { calls: [{ command: block.code }] };
  }
  const isQuestion = block.status && !/ -d | -X /.test(block.code);
  if (isQuestion && process.env.WRITE_EXAMPLES) await sleep(PAUSE_MS);
  for (const end = Date.now() + LIMIT_MS; ; await sleep(PAUSE_MS)) {
    const { wrong, ...told } = await pasted(desk, block);
    if (!wrong) return told;
    if (!isQuestion || Date.now() > end) throw wrong;
  }
}

for (const page of PAGES) {
  test(page, { skip: lacking("curl", "python3 with venv") }, async (t) => {
    const text = readFileSync(inRoot(page), "utf8");
    const programs = blocks(text).filter(({ language }) => !SHOWN.includes(language));
    const unknown = programs.filter(({ language }) => !PASTED[language]).map(({ line, language }) => `${line}: ${language}`);
    assert.deepEqual(unknown, [], "no known way to run these");
    if (programs.length === 0) return t.diagnostic(`${page}: no block`);
    if (programs.some(({ language }) => language === "python")) await pythonClients.ensure();
    const desk = await startDesk(programs.some(({ code }) => code.includes("npm ")));
    t.after(() => desk.stop());
    const [answers, commands] = [new Map(), []];
    for (const block of programs) {
      const { said, calls } = await run(desk, block).catch((error) => {
        throw new Error(`${page}:${block.line}: ${error.message}`, { cause: error });
      });
      commands.push(...calls);
      if (block.status) answers.set(block, said);
    }
    if (process.env.WRITE_EXAMPLES) writeFileSync(inRoot(page), answered(text, answers));
    const unsafe = async () => (await desk.jobs()).filter((job) => !job.endsWith(": completed stored"));
    await eventually("all jobs are safe", async () => (await unsafe()).length === 0 || undefined)
      .catch(async ({ message }) => assert.fail(`${message}, but ${await unsafe()}`));
    const put = programs.flatMap(({ code }) => [...code.matchAll(/secret put (\w+)/g)].map(([, name]) => name));
    assert.deepEqual(put.filter((name) => !desk.secrets().includes(name)), [], "secrets that were not set");
    t.diagnostic(`${page}: ${programs.length} blocks, ${commands.length} commands, ${answers.size} answers`);
  });
}
