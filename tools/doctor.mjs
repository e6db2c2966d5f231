// `npm run doctor -- https://…`: finds what is wrong with a vault, and names the command that fixes it.
//
// Exits with 0 if all is well, 1 if there are only warnings, 2 if something failed or could not be checked.
import { diagnose } from "./doctor/run.mjs";
import { vaultUrl } from "./doctor/url.mjs";
import { Failure, main } from "./setup/run.mjs";
import { askSecret, colours, isInteractive } from "./setup/terminal.mjs";

const USAGE = `Usage: npm run doctor -- https://hookvault.you.workers.dev
  API_TOKEN is read from the environment, or asked for. No other argument is accepted, so that no token ends up in the shell's history.`;

/** Returns the environment's token (the first of a list), or asks for it. */
async function token(env) {
  const given = env.API_TOKEN ?? env.READ_TOKEN;
  const [first] = (given ?? "").split(",").map((entry) => entry.trim()).filter(Boolean);
  if (first) return first;
  if (!isInteractive(env)) throw new Failure("Set API_TOKEN in the environment (READ_TOKEN also works, but sends no test delivery).");
  const typed = await askSecret("API_TOKEN (not shown): ");
  if (!typed) throw new Failure("Without a token nothing can be checked.");
  return typed;
}

async function doctor([text, ...more]) {
  // Refuses more arguments: a token there would be in the shell's history.
  if (!text || text.startsWith("-") || more.length > 0) throw new Failure(USAGE);
  const url = vaultUrl(text);
  process.exitCode = await diagnose({ url, token: await token(process.env), paint: colours() });
}

// Exits with 2 on an error, because 1 means warnings.
await main(() => doctor(process.argv.slice(2)), 2);
