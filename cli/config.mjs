// The configuration file: a vault's URL and tokens, for this user alone.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isLoopback } from "../tools/doctor/ask.mjs";
import { plain } from "../tools/setup/terminal.mjs";
import { WrongUse } from "./errors.mjs";

/** What `start` keeps in the current folder. */
export const FOLDER = ".hookvault";
const NAME = "config.json";
const MODE = 0o600;
/** The bits by which somebody else may read or write a file. */
const OTHERS = 0o077;

/** @typedef {{ url: string, token: string, hookToken?: string }} Config */

/** Returns the path of the file that `start` writes in this folder. */
export const localPath = (folder = process.cwd()) => resolve(folder, FOLDER, NAME);

/** Returns the path of the shell's variables, which `start` writes beside it. */
export const envPath = (folder = process.cwd()) => resolve(folder, FOLDER, "env");

/** Returns the path of the file that `login` writes. */
export const userPath = (env = process.env) => join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "hookvault", NAME);

/**
 * Reads the named file, else this folder's, else the user's.
 *
 * @param {{ path?: string, env?: object }} from
 * @returns {(Config & { path: string }) | undefined}
 */
export function readConfig({ path, env = process.env }) {
  const found = path ? resolve(path) : [localPath(), userPath(env)].find((one) => existsSync(one));
  if (!found) return undefined;
  if (!existsSync(found)) throw new WrongUse(`${found} does not exist.`);
  checkPrivate(found);
  const config = parse(found);
  if (!path && found === localPath()) checkOwn(found, config.url);
  return { ...config, path: found };
}

/**
 * `start` writes URLs of this machine only. Another one may come with a folder that somebody else has made, and would
 * be sent the token of the environment.
 */
function checkOwn(path, url) {
  if (URL.canParse(url) && isLoopback(new URL(url))) return;
  throw new WrongUse(`${path} names ${plain(url)}, which is not on this machine, so it is not read by itself. If the file is yours, give --config '${path}'.`);
}

/** Writes the file. @param {string} path @param {Config} config */
export const writeConfig = (path, config) => writePrivate(path, `${JSON.stringify(config, null, 2)}\n`);

/** Writes a file that this user alone can read. */
export function writePrivate(path, text) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // A file that is there already keeps its mode, so it is closed before the token is in it.
  if (existsSync(path)) chmodSync(path, MODE);
  writeFileSync(path, text, { mode: MODE });
}

/** A file that others could write might name a URL that is sent a token, and one that others can read has lost it. */
function checkPrivate(path) {
  if (process.platform === "win32") return;
  const { mode, uid } = statSync(path);
  if (uid !== process.getuid()) throw new WrongUse(`${path} belongs to another user, so it is not read.`);
  if (mode & OTHERS) throw new WrongUse(`${path} is open to other users, so it is not read. Close it, and change its token if somebody else may have read it:\n  chmod 600 '${path}'`);
}

function parse(path) {
  let value;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new WrongUse(`${path} is not JSON: ${error.message}`);
  }
  const isText = (name) => typeof value?.[name] === "string" && value[name] !== "";
  if (!isText("url") || !isText("token")) throw new WrongUse(`${path} must be a JSON object with "url" and "token".`);
  return value;
}
