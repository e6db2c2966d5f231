// The prose linter, which `npm run lint` runs: texts for people must follow `rules.mjs`. `node tools/lint/prose.mjs
// PATH…` checks only those files and folders, even unfinished ones.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EXCEPTIONS, UNFINISHED } from "./exceptions.mjs";
import { descriptionPassages, passages as markdown } from "./markdown.mjs";
import { check } from "./rules.mjs";
import { passages as rust } from "./rust.mjs";
import { htmlPassages, passages as script } from "./script.mjs";

const ROOT = new URL("../../", import.meta.url);
/**
 * The folders with texts, and the files to read in each. `.` means the files of the project's own folder, without those
 * below.
 */
const SOURCES = [
  [".", /^(?:[^/]+\.md|openapi\.json)$/],
  ["docs", /\.md$/],
  ["bench", /\.md$/],
  ["src", /^(?!.*\/(?:tests|fixtures)\b).*\.rs$/],
  ["dashboard", /\.(?:jsx?|html)$/],
  ["client", /\.js$/],
  // Only the commands that users run: the other tools are for developers.
  ["tools", /^tools\/(?:(?:start|deploy|doctor|setup)(?:\/.*)?\.mjs|(?:start|deploy|doctor|setup)\/.*\.mjs)$/],
];
const READERS = { md: markdown, json: descriptionPassages, rs: rust, html: htmlPassages, js: script, jsx: script, mjs: script };

function below(folder) {
  if (folder === ".") return readdirSync(ROOT);
  return readdirSync(new URL(`${folder}/`, ROOT), { recursive: true }).map((path) => `${folder}/${path}`);
}

/** Returns the paths of all files with texts. */
export const files = () =>
  SOURCES.flatMap(([folder, wanted]) =>
    below(folder).filter((path) => wanted.test(path) && !path.includes("node_modules/") && statSync(new URL(path, ROOT)).isFile()),
  ).sort();

/** Returns what is wrong in a file's text, before exceptions. */
export function findings(path, text) {
  return READERS[path.slice(path.lastIndexOf(".") + 1)](text, path).flatMap(check);
}

const named = (path, names) => names.some((name) => path === name || path.startsWith(name.endsWith("/") ? name : `${name}/`));

/** Returns the lines to print: findings that no exception allows, and exceptions for `paths` that allow nothing. */
export function complaints(found, exceptions, paths) {
  const used = new Set();
  const wrong = found.filter(({ file, rule, passage }) => {
    const exception = exceptions.find((one) => one.file === file && one.rule === rule && passage.includes(one.text));
    if (exception) used.add(exception);
    return !exception;
  });
  const unused = exceptions.filter((one) => paths.includes(one.file) && !used.has(one));
  return [
    ...wrong.map(({ file, line, rule, text, why }) => `${file}:${line}: ${rule}: ${text} (${why})`),
    ...unused.map(({ file, text }) => `tools/lint/exceptions.mjs: the exception for ${file} allows nothing: ${text}`),
  ];
}

/** Lints the named files and folders, or all finished ones. Returns the lines to print. */
export function lint(names = []) {
  const paths = files().filter((path) => (names.length > 0 ? named(path, names) : !named(path, UNFINISHED)));
  const found = paths.flatMap((path) => findings(path, readFileSync(new URL(path, ROOT), "utf8")));
  return complaints(found, EXCEPTIONS, paths);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = lint(process.argv.slice(2));
  for (const line of wrong) console.error(line);
  console.log(wrong.length > 0 ? `prose: ${wrong.length} to be rewritten` : "prose: nothing to complain of");
  if (UNFINISHED.length > 0) console.log(`prose: not checked yet: ${UNFINISHED.join(", ")}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
