// Checks everything that the Markdown names: links and anchors, paths, npm commands with their flags, variables,
// routes.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { ROOT } from "../../../tools/setup/project.mjs";

/** Folders without files of the project. Those that begin with a dot are left out too, except `.ci`. */
const FOREIGN = new Set(["node_modules", "target", "artifacts"]);
/** What the build writes. */
const BUILT = ["build", "dist"].map((name) => join(ROOT, name));
const TEXT = /\.(rs|mjs|js|jsx|ts|py|json|toml|example|html|css|txt|yaml)$|\/run$/;
/** Paths in R2, in the user's own folder, or on the user's machine. */
const ELSEWHERE = /^(jobs|manifests|timeline|bodies|results|incoming|unmatched|doctor|upload|part|build|dist|\.hookvault)\/|^app\.(py|js)$|^fuzz\/artifacts|\{\w+\}/;
const EXTENSION = /\.(rs|mjs|jsx?|ts|md|toml|json|py|txt|yaml|html|css|png)$/;
/** A test that names what does not exist, to check that the checks find it. */
const OWN_TEST = "tests/tools/pages/docs.test.mjs";
const TOP = /^(src|tests|tools|docs|client|dashboard|bench|fuzz|\.ci)\//;

/** Returns all files of the project, as paths from its root. */
export function files(folder = ROOT) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const isHidden = entry.isDirectory() && entry.name.startsWith(".") && entry.name !== ".ci";
    if (FOREIGN.has(entry.name) || BUILT.includes(path) || isHidden) return [];
    return entry.isDirectory() ? files(path) : [relative(ROOT, path)];
  });
}

/**
 * Returns what the pages are compared with.
 *
 * @returns {{ files: string[], pages: Map<string, string>, words: Set<string>, scripts: Map<string, string>, routes:
 *   RegExp[] }} `words` has each name in capitals that the sources use; `scripts` has the sources of each npm script
 */
export function project() {
  const all = files();
  const read = (path) => readFileSync(join(ROOT, path), "utf8");
  const sources = new Map(all.filter((path) => TEXT.test(path) && path !== OWN_TEST && statSync(join(ROOT, path)).size < 1_000_000).map((path) => [path, read(path)]));
  const words = new Set([...sources.values()].flatMap((text) => text.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? []));
  const { scripts } = JSON.parse(sources.get("package.json"));
  const { paths } = JSON.parse(sources.get("openapi.json"));
  return {
    files: all, words,
    pages: new Map(all.filter((path) => path.endsWith(".md")).map((path) => [path, read(path)])),
    scripts: new Map(Object.keys(scripts).map((name) =>
      [name, [...sources].filter(([path]) => path.startsWith(`tools/${name}`)).map(([, text]) => text).join("\n")])),
    routes: Object.entries(paths).flatMap(([path, operations]) =>
      [...Object.keys(operations), "head", "options"].map((method) =>
        new RegExp(`^${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "[^?]+")}(\\?.*)?$`))),
  };
}

/** Returns what a page names and the project does not have, a line for each. */
export function mistakes(page, text, world) {
  return [links, paths, commands, variables, routes].flatMap((check) => check(page, text, world)).map((mistake) => `${page}: ${mistake}`);
}

const FENCE = /^```[^\n]*\n.*?^```$/gms;
const prose = (text) => text.replaceAll(FENCE, "");
const spans = (text) => [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);

/** Returns the anchor that GitHub gives to a heading. */
const slug = (heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");
const anchors = (text) => new Set([...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"))));

function links(page, text, { files, pages }) {
  const bare = prose(text).replaceAll(/`[^`\n]+`/g, "");
  const named = [...bare.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(([, one, other]) => one ?? other);
  return named.filter((link) => !/^[a-z]+:/.test(link)).flatMap((link) => {
    const [path, anchor] = link.split("#");
    const target = path ? normalize(join(dirname(page), path)) : page;
    if (!files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, "")}/`))) return [`the link ${link} leads to no file`];
    const there = target === page ? text : pages.get(target);
    return anchor && !anchors(there ?? "").has(anchor) ? [`the link ${link} leads to no heading`] : [];
  });
}

/**
 * Checks paths. A path counts if it is the end of an existing one: `keys.rs`, `domain/keys.rs`,
 * `ingest/{hook,claim}.rs`, `access/`.
 */
function paths(page, text, { files }) {
  const isPath = (code) => /^[\w.{},*/-]+$/.test(code) && !code.startsWith("/")
    && (EXTENSION.test(code) || TOP.test(code) || /^[\w.-]+(\/[\w.-]+)*\/$/.test(code));
  return spans(text).filter((code) => isPath(code) && !ELSEWHERE.test(code)).flatMap(expanded).flatMap((path) => {
    const pattern = new RegExp(`(^|/)${path.replaceAll(/[.]/g, "\\.").replaceAll(/\*+/g, "[^/]*")}${path.endsWith("/") ? "" : "($|/)"}`);
    return files.some((file) => pattern.test(file)) ? [] : [`there is no ${path}`];
  });
}

function expanded(path) {
  const [, before, list, after] = /^(.*?)\{([^{}]*)\}(.*)$/.exec(path) ?? [];
  return list === undefined ? [path] : list.split(",").flatMap((one) => expanded(before + one + after));
}

/** Checks commands. The flags of `deploy` are wrangler's own. */
function commands(page, text, { scripts }) {
  return [...text.matchAll(/\bnpm (?:run ([\w-]+)|(start|test)\b)((?: [^`\n|#&]*)?)/g)].flatMap(([, run, plain, rest]) => {
    const name = run ?? plain;
    if (!scripts.has(name)) return [`package.json has no script ${name}`];
    if (name === "deploy") return [];
    const flags = (rest.split(" -- ")[1] ?? "").match(/(?<=^| )--[a-z][\w-]*/g) ?? [];
    return flags.filter((flag) => !new RegExp(`${flag}\\b|\\b${flag.slice(2)}"?: \\{`).test(scripts.get(name))).map((flag) => `npm run ${name} knows no ${flag}`);
  });
}

function variables(page, text, { words }) {
  const named = [...spans(text), ...[...text.matchAll(FENCE)].map(([block]) => block)]
    .flatMap((code) => code.match(/(?<![\w-])[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? []);
  const own = new Set([...text.matchAll(/\b([A-Z][A-Z0-9_]+)=/g)].map(([, name]) => name));
  return [...new Set(named)].filter((name) => !words.has(name) && !own.has(name)).map((name) => `no source knows ${name}`);
}

function routes(page, text, { routes }) {
  const named = spans(text).flatMap((code) => code.match(/^(GET|HEAD|POST|PUT|DELETE) \/[^\s]*/)?.[0] ?? []);
  return named.filter((route) => !route.includes("…") && !routes.some((known) => known.test(route))).map((route) => `the API has no ${route}`);
}
