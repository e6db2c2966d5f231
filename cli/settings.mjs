// Finds the vault's URL and token: in the flags, else in the environment, else in the configuration file.
import { readFileSync } from "node:fs";
import { Http } from "../client/http.js";
import { HookVault } from "../client/index.js";
import { vaultUrl } from "../tools/doctor/url.mjs";
import { ownCommand } from "../tools/setup/command.mjs";
import { Failure } from "../tools/setup/run.mjs";
import { readConfig } from "./config.mjs";
import { WrongUse } from "./errors.mjs";

/** Adds the flags that name the vault. */
export const connected = (command) => command
  .option("--url <url>", "the vault's URL; else HOOKVAULT_URL, else the configuration file's")
  .option("--token-file <file>", "a file with the token; else API_TOKEN or READ_TOKEN, else the configuration file's")
  .option("--config <file>", "the configuration file; else .hookvault/config.json here, else the one of `hookvault login`");

/**
 * Returns the vault's URL, without a slash at its end, and the token.
 *
 * @param {{ url?: string, tokenFile?: string, config?: string }} options
 * @returns {{ url: string, token: string, hookToken?: string }}
 */
export function settings(options, env = process.env) {
  const config = isComplete(options, env) && !options.config ? undefined : readConfig({ path: options.config, env });
  const given = options.url ?? env.HOOKVAULT_URL ?? config?.url;
  if (!given) throw new WrongUse(`Which vault? Set HOOKVAULT_URL, give --url, or save both once: ${ownCommand()} login https://hookvault.you.workers.dev`);
  const url = originOf(given);
  // The file's tokens are for the file's URL only: another URL could be anybody's.
  const own = config && originOf(config.url) === url ? config : undefined;
  const token = fromFile(options.tokenFile) ?? first(env.API_TOKEN) ?? first(env.READ_TOKEN) ?? own?.token;
  if (!token) throw new WrongUse(`There is no token for ${url}. Set API_TOKEN, give --token-file, or save it once: ${ownCommand()} login ${url}`);
  return { url, token: checkedToken(token), hookToken: own?.hookToken };
}

/** Returns a token that a header can hold: an error of `fetch` about another one would show it. */
export function checkedToken(token) {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new WrongUse("The token has a blank or another character that no token has. Give one token, without quotes.");
}

/** Returns the origin of a vault's URL. @param {string} text @param {string} [command] what an error shows before the right URL */
export function originOf(text, command = "--url") {
  try {
    return vaultUrl(text, command).origin;
  } catch (error) {
    throw error instanceof Failure ? new WrongUse(error.message) : error;
  }
}

/** Returns the client of the vault, and the sender of its other requests. */
export function connect(options, env) {
  const { url, token, hookToken } = settings(options, env);
  return { url, token, hookToken, vault: new HookVault({ url, token }), http: new Http({ url, token }) };
}

const isComplete = ({ url, tokenFile }, env) =>
  Boolean((url ?? env.HOOKVAULT_URL) && (tokenFile ?? first(env.API_TOKEN) ?? first(env.READ_TOKEN)));

/** Returns the first item of a list that is not empty. */
const first = (list) => list?.split(",").map((one) => one.trim()).find(Boolean);

function fromFile(path) {
  if (!path) return undefined;
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new WrongUse(`The token's file can't be read: ${error.message}`);
  }
  return first(text) ?? fail(`${path} is empty.`);
}

function fail(message) {
  throw new WrongUse(message);
}
