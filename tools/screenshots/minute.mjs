// Records the first minute: runs the README's first commands with the package, and draws what the terminal shows.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { inRoot, toolEnv } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

const LIMIT_MS = 180_000;
/** Answers the question of npx whether to install the package. */
const ANSWERED = { npm_config_yes: "true" };
/** What `start` prints once everything runs. */
const READY = /hookvault runs/;
/** The folder that the picture shows. */
const SHOWN_FOLDER = "~/vault";
/** The lines of the first command that are shown: the picture is about the others. */
const SHOWN_LINES = 3;

/** Returns the commands of the README's first part, one a line. */
export function firstCommands(readme = readFileSync(inRoot("README.md"), "utf8")) {
  const [, part] = /^## Start in a minute$(.*?)^## /ms.exec(readme) ?? [];
  const found = [...(part ?? "").matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, code]) => code.trim().split("\n"));
  const commands = found.filter((line) => line.startsWith("npx "));
  if (commands.length < 2) throw new Failure("README.md has no “Start in a minute” with commands.");
  return commands;
}

/** Runs the commands in a new folder with the package. Resolves to `[{ command, lines, seconds }]`. */
export async function record() {
  const folder = mkdtempSync(join(tmpdir(), "hookvault-minute-"));
  execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: inRoot(), env: toolEnv(), stdio: "ignore" });
  const [start, ...others] = firstCommands();
  const server = shell(start, folder);
  try {
    const seconds = await ready(server);
    const recorded = [{ command: start, lines: lines(server.said).slice(0, SHOWN_LINES), seconds }];
    for (const command of others) recorded.push(await play(command, folder));
    return recorded.map(({ lines: all, ...one }) => ({ ...one, lines: all.map((line) => line.replaceAll(folder, SHOWN_FOLDER)) }));
  } finally {
    if (server.child.exitCode === null) process.kill(-server.child.pid, "SIGINT");
    await server.ended;
    rmSync(folder, { recursive: true });
  }
}

function shell(command, cwd) {
  const child = spawn("bash", ["-c", command], { cwd, env: toolEnv(ANSWERED), detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const running = { child, said: "", ended: once(child, "close"), from: Date.now() };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (running.said += data));
  return running;
}

async function ready(server) {
  for (const end = Date.now() + LIMIT_MS; !READY.test(server.said); ) {
    if (server.child.exitCode !== null || Date.now() > end) throw new Failure(`It does not start:\n${server.said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return (Date.now() - server.from) / 1_000;
}

async function play(command, folder) {
  const running = shell(command, folder);
  const [code] = await running.ended;
  if (code !== 0) throw new Failure(`${command} ended with ${code}:\n${running.said}`);
  return { command, lines: lines(running.said), seconds: (Date.now() - running.from) / 1_000 };
}

const lines = (said) => stripVTControlCharacters(said).split("\n").map((line) => line.split("\r").at(-1))
  .filter((line) => line.trim() && !line.startsWith("npm "));

/** Returns a page that looks like a terminal with these commands. */
export function terminal(recorded) {
  const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const rows = recorded.flatMap(({ command, lines: said, seconds }) => [
    `<b>$ ${escaped(command)}</b>  <i>${seconds.toFixed(1)} s</i>`, ...said.map(escaped), ""]);
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #10151c; color: #c9d4e0; font: 14px/1.5 "DejaVu Sans Mono", monospace; }
    pre { margin: 0; padding: 18px 22px 4px; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
    b { color: #fff; font-weight: 600; } i { color: #6f8299; font-style: normal; }
  </style><pre>${rows.join("\n")}</pre>`;
}
