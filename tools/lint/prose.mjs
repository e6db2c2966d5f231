// The prose linter, which `npm run lint` runs: texts for people must follow `rules.mjs`. Comments and the texts of tests
// and of developers' tools must keep to its words only. `node tools/lint/prose.mjs PATH…` checks only those files and
// folders.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { comments } from "./comments.mjs";
import { EXCEPTIONS } from "./exceptions.mjs";
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
  ["src", /\.(?:rs|js)$/],
  ["dashboard", /\.(?:jsx?|html|css)$/],
  ["client", /\.(?:js|ts)$/],
  ["tools", /\.(?:mjs|rs)$/],
  ["tests", /\.(?:rs|m?js|ts)$/],
  ["bench", /\.ts$/],
  ["fuzz/fuzz_targets", /\.rs$/],
];
/** The programs with texts for users, and the commands that users run. All others are for developers. */
const FOR_USERS = [/^src\/(?!.*\/(?:tests|fixtures)\b)/, /^(?:dashboard|client)\//, /^tools\/(?:start|deploy|doctor|setup|demo)\b/];
const READERS = { md: markdown, json: descriptionPassages, rs: rust, html: htmlPassages, js: script, jsx: script, mjs: script };

function below(folder) {
  if (folder === ".") return readdirSync(ROOT);
  return readdirSync(new URL(`${folder}/`, ROOT), { recursive: true }).map((path) => `${folder}/${path}`);
}

/** Folders that hold no source, and the files that quote the words. */
const SKIPPED = /(?:^|\/)(?:node_modules|target|dist)\/|^tools\/lint\/(?:words|exceptions)\.mjs$|^tests\/tools\/pages\/prose\.test\.mjs$/;

/** Returns the paths of all files with texts. */
export const files = () =>
  SOURCES.flatMap(([folder, wanted]) =>
    below(folder).filter((path) => wanted.test(path) && !SKIPPED.test(path) && statSync(new URL(path, ROOT)).isFile()),
  ).sort();

/** Returns what is wrong in a file's text, before exceptions. */
export function findings(path, text) {
  const read = READERS[path.slice(path.lastIndexOf(".") + 1)];
  const isProgram = !/\.(?:md|json|html)$/.test(path);
  const forUsers = !isProgram || FOR_USERS.some((programs) => programs.test(path));
  const texts = (read?.(text, path) ?? []).map((passage) => (forUsers ? passage : { ...passage, kind: "words" }));
  return [...texts, ...(isProgram ? comments(text, path) : [])].flatMap(check);
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

/**
 * Lints the named files and folders, or all. Returns the lines to print, also for a name without texts:
 * it may be misspelled.
 */
export function lint(names = []) {
  const all = files();
  const paths = all.filter((path) => names.length === 0 || named(path, names));
  const empty = names.filter((name) => !all.some((path) => named(path, [name])));
  const found = paths.flatMap((path) => findings(path, readFileSync(new URL(path, ROOT), "utf8")));
  return [...empty.map((name) => `${name}: there is no such file or folder with texts`), ...complaints(found, EXCEPTIONS, paths)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = lint(process.argv.slice(2));
  for (const line of wrong) console.error(line);
  console.log(wrong.length > 0 ? `prose: ${wrong.length} to be rewritten` : "prose: nothing to complain of");
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
