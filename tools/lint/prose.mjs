// The prose linter, a part of `npm run lint`: texts for people follow the rules in `rules.mjs`. `node tools/lint/prose.mjs PATH…`
// checks those files and folders alone, even such as are not held to the rules yet.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EXCEPTIONS, UNFINISHED } from "./exceptions.mjs";
import { descriptionPassages, passages as markdown } from "./markdown.mjs";
import { check } from "./rules.mjs";
import { passages as rust } from "./rust.mjs";
import { htmlPassages, passages as script } from "./script.mjs";

const ROOT = new URL("../../", import.meta.url);
/** The folders with texts, and what is read in each. `.` is the project's own, without those below. */
const SOURCES = [
  [".", /^(?:[^/]+\.md|openapi\.json)$/],
  ["docs", /\.md$/],
  ["bench", /\.md$/],
  ["src", /^(?!.*\/(?:tests|fixtures)\b).*\.rs$/],
  ["dashboard", /\.(?:jsx?|html)$/],
  // The commands that users run; the other tools are for those who work on the project.
  ["tools", /^tools\/(?:(?:start|deploy|doctor|setup)(?:\/.*)?\.mjs|(?:start|deploy|doctor|setup)\/.*\.mjs)$/],
];
const READERS = { md: markdown, json: descriptionPassages, rs: rust, html: htmlPassages, js: script, jsx: script, mjs: script };

function below(folder) {
  if (folder === ".") return readdirSync(ROOT);
  return readdirSync(new URL(`${folder}/`, ROOT), { recursive: true }).map((path) => `${folder}/${path}`);
}

/** The paths of all files with texts. */
export const files = () =>
  SOURCES.flatMap(([folder, wanted]) =>
    below(folder).filter((path) => wanted.test(path) && !path.includes("node_modules/") && statSync(new URL(path, ROOT)).isFile()),
  ).sort();

/** What is wrong in a text of a file, exceptions or not. */
export function findings(path, text) {
  return READERS[path.slice(path.lastIndexOf(".") + 1)](text, path).flatMap(check);
}

const named = (path, names) => names.some((name) => path === name || path.startsWith(name.endsWith("/") ? name : `${name}/`));

/** The lines to print: of what no exception allows, and of each exception for one of `paths` that allows nothing. */
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

/** Lints the named files and folders, or all that are held to the rules; returns the lines to print. */
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
