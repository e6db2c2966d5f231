// Stands in for wrangler. It keeps its calls and the Worker's secrets in FAKE_WRANGLER_DIR, and does what `script.json`
// there says.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const dir = process.env.FAKE_WRANGLER_DIR;
const read = (name, usual) => (existsSync(join(dir, name)) ? JSON.parse(readFileSync(join(dir, name), "utf8")) : usual);
const { fails = {}, targets = [], name = "hookvault", loggedIn = true } = read("script.json", {});

const argv = process.argv.slice(2);
const [verb, second] = argv;
const command = ["secret"].includes(verb) ? `${verb} ${second}` : verb;
const stdin = ["secret bulk", "secret put"].includes(command) ? await text(process.stdin) : "";
appendFileSync(join(dir, "calls.ndjson"), `${JSON.stringify({ command, argv, stdin, env: process.env, cwd: process.cwd() })}\n`);

if (fails[command] !== undefined) {
  const { code, says = "", echoes = false } = fails[command];
  console.error(says + (echoes ? stdin : ""));
  process.exit(code);
}
/** Adds secrets to those of the Worker. */
function keep(secrets) {
  writeFileSync(join(dir, "secrets.json"), JSON.stringify({ ...read("secrets.json", {}), ...secrets }));
  return 0;
}

const commands = {
  whoami() {
    console.log(JSON.stringify({ loggedIn, email: "owner@example.com" }));
    return loggedIn ? 0 : 1;
  },
  login: () => 0,
  deploy() {
    console.log("Uploaded hookvault");
    const told = { type: "deploy", version: 1, worker_name: name, targets };
    writeFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, `{"type":"wrangler-session","version":1}\n${JSON.stringify(told)}\n`);
    return 0;
  },
  "secret list"() {
    console.log(JSON.stringify(Object.keys(read("secrets.json", {})).map((key) => ({ name: key, type: "secret_text" }))));
    return 0;
  },
  "secret bulk"() {
    console.log("✨ Successfully created secrets");
    return keep(JSON.parse(stdin));
  },
  "secret put": () => keep({ [argv[2]]: stdin.trim() }),
};
process.exitCode = commands[command]?.() ?? 64;
