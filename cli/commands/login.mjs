// `hookvault login`: saves a vault's URL and token for this user, after it has tried them.
import { existsSync } from "node:fs";
import { ask, isLoopback, isRedirect, json, leadsTo } from "../../tools/doctor/ask.mjs";
import { ownCommand } from "../../tools/setup/command.mjs";
import { Failure } from "../../tools/setup/run.mjs";
import { askSecret, plain } from "../../tools/setup/terminal.mjs";
import { localPath, readConfig, userPath, writeConfig } from "../config.mjs";
import { WrongUse } from "../errors.mjs";
import { standardInput } from "../input.mjs";
import { printJson, withJson } from "../print.mjs";
import { checkedToken, originOf } from "../settings.mjs";

const ACCESS = {
  api: "This token may do everything: it is an API_TOKEN.",
  read: "This token may only read: it is a READ_TOKEN. Submitting and changing jobs needs an API_TOKEN.",
};

export function define(program) {
  const command = program.command("login <url>")
    .description("save a vault's URL and token for your user; asks for the token, or reads it from the standard input");
  withJson(command).action(login);
}

async function login(given, options) {
  const url = originOf(given, `${ownCommand()} login`);
  if (url.startsWith("http:") && !isLoopback(new URL(url))) {
    throw new WrongUse(`Anybody on the way could read a token that is sent to ${url}. Use https:\n  ${ownCommand()} login ${url.replace("http:", "https:")}`);
  }
  const token = await readToken(url);
  const access = await accessOf(url, token);
  const path = userPath();
  writeConfig(path, { ...before(path, url), url, token });
  if (options.json) printJson({ url, access, path });
  else console.log(`${url} and its token are saved in ${path}.\n${ACCESS[access]}`);
  if (existsSync(localPath())) console.error(`In this folder, ${localPath()} comes first.`);
}

/** Returns what the file has for this vault, and nothing of another one's. */
function before(path, url) {
  try {
    const config = readConfig({ path });
    return config.url === url && config.hookToken ? { hookToken: config.hookToken } : {};
  } catch {
    // It is not there, or can't be read: it is replaced.
    return {};
  }
}

async function readToken(url) {
  const typed = process.stdin.isTTY
    ? await askSecret(`The token of ${url} (not shown): `, { output: process.stderr })
    : (await standardInput()).trim();
  if (typed === "") throw new WrongUse("There is no token. Type it, or send it to the standard input.");
  return checkedToken(typed);
}

/** Asks the vault what the token may do. It follows no redirect, so that the token gets nowhere else. */
async function accessOf(url, token) {
  const answer = await ask(`${url}/whoami`, { token }).catch((error) => {
    throw new Failure(`${url} does not answer: ${plain(error.message)}.`);
  });
  if (isRedirect(answer)) throw new Failure(`${url} leads to ${plain(leadsTo(answer))}. If that is your vault, log in there.`);
  const { access, code, detail } = json(answer);
  if (answer.status === 200 && Object.hasOwn(ACCESS, access)) return access;
  if ([401, 403].includes(answer.status) && code) throw new Failure(`${url} does not accept this token: ${plain(detail)}`);
  throw new Failure(`There is no hookvault at ${url}: it answers GET /whoami with ${answer.status}.`);
}
