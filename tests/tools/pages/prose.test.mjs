// The prose linter. Each rule gets a text that breaks it and one that keeps it; each reader must find some texts and
// skip others.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EXCEPTIONS } from "../../../tools/lint/exceptions.mjs";
import { MARKS } from "../../../tools/lint/markdown.mjs";
import { complaints, files, findings, lint } from "../../../tools/lint/prose.mjs";
import { lines, sentences, words } from "../../../tools/lint/rules.mjs";
import { WORDS } from "../../../tools/lint/words.mjs";

const rules = (path, text) => findings(path, text).map(({ line, rule, text }) => [line, rule, text]);
const many = (count, word = "word") => Array(count).fill(word).join(" ");

test("each word on the list is found, whatever its case, and not within another", () => {
  for (const text of ["The id is none.", "It is written Anew.", "This tells of that.", "None that fits.", "at the most two", "There is not any."]) {
    assert.equal(rules("a.md", text)[0]?.[1], "word", text);
  }
  assert.deepEqual(rules("a.md", "A renewed list, newer; nobody counted."), []);
  assert.deepEqual(rules("a.md", "`reckon.mjs`, `is none` and https://example.com/anew are names"), []);
});

test("each alternative keeps the rules itself", () => {
  for (const [pattern, instead] of WORDS) assert.deepEqual(rules("a.md", instead), [], pattern);
});

test("a sentence has at most 25 words", () => {
  assert.deepEqual(rules("a.md", `${many(25)}. Again ${many(24)}.`), []);
  assert.deepEqual(rules("a.md", `Fine.\n${many(26)}.`), [[1, "sentence", `Fine. ${many(26)}.`]]);
  assert.deepEqual(rules("a.md", `Fine.\n\n- Begun. W${many(26)}.`), [[3, "sentence", `W${many(26)}.`]]);
});

test("a sentence ends before a capital, a digit or code, and not behind an abbreviation", () => {
  assert.deepEqual(sentences("One, e.g. This. Two? `three` follows. 4 is v1.2 of it. (Five.) Six!"), [
    "One, e.g. This.", "Two?", "`three` follows.", "4 is v1.2 of it.", "(Five.)", "Six!",
  ]);
  assert.equal(words("a – b, `c_d` → 5").length, 4, "only what has a letter or a digit is a word");
});

test("a paragraph has at most four lines of 120 columns", () => {
  const full = `${"x".repeat(59)} ${"y".repeat(59)}.`;
  assert.equal(lines(full), 1);
  assert.deepEqual(rules("a.md", Array(4).fill(full).join(" ")), []);
  assert.deepEqual(rules("a.md", Array(5).fill(full).join(" ")).map(([, rule]) => rule), ["paragraph"]);
});

test("a table cell has at most 20 words", () => {
  const table = (count) => `| a |\n|---|\n| \`x y\` |\n| ${many(count)} |`;
  assert.deepEqual(rules("a.md", table(20)), []);
  assert.deepEqual(rules("a.md", table(21)), [[4, "cell", many(21)]]);
});

test("code blocks, HTML and the tables that a command writes are skipped", () => {
  const bad = `${many(30)} anew`;
  for (const mark of MARKS) assert.deepEqual(rules("a.md", `<!-- ${mark} -->\n| a |\n|---|\n| ${bad} |`), [], mark);
  assert.equal(rules("a.md", `<!-- x -->\n| a |\n|---|\n| ${bad} |`).length, 2, "another comment hides nothing");
  assert.deepEqual(rules("a.md", `\`\`\`text\n${bad}\n\`\`\`\n\n<p>${bad}</p>\n\n<!-- price -->\n| a |\n|---|\n| ${bad} |`), []);
  assert.deepEqual(rules("a.md", `<!-- price -->\n\nText.\n\n| a |\n|---|\n| ${bad} |`).length, 2, "the mark is for the table behind it");
});

test("the marks are those of the commands that write tables", () => {
  const page = (name) => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), "utf8");
  const marks = ["cost", "scale"].flatMap((name) => [...page(name).matchAll(/^<!-- (\w+) -->$/gm)].map(([, mark]) => mark));
  assert.deepEqual(marks.sort(), MARKS);
});

test("the strings and comments of Rust are read, and only the words of its tests", () => {
  const source = [
    "// written anew",
    'const A: &str = "it is \\',
    '    none";',
    'let quote = \'"\'; // anew',
    'let b = format!("{count} of {} \\"reckoned\\"", one);',
    'let c = r#"told of "it""#;',
    'let d = "SELECT anew FROM it";',
    "#[cfg(test)]",
    "mod tests {",
    `    const E: &str = "once anew, ${many(30)}";`,
    "    #[test]",
    "    fn an_id_that_is_none() {}",
    "}",
  ].join("\n");
  assert.deepEqual(rules("src/a.rs", source).sort(([one], [other]) => one - other), [
    [1, "word", "anew"], [2, "word", "is none"], [4, "word", "anew"], [5, "word", "reckoned"], [6, "word", "told of"],
    [10, "word", "anew"], [11, "word", "is none"],
  ]);
  assert.deepEqual(rules("src/a.rs", `f("{} ${many(25)}")`).map(([, rule]) => rule), ["sentence"], "a value is a word");
});

test("a line break in a string ends no sentence, and only a whole statement is SQL", () => {
  const long = `f("${many(15)}\\n${many(15)}")`;
  assert.deepEqual(rules("src/a.rs", long).map(([, rule]) => rule), ["sentence"]);
  assert.deepEqual(rules("tools/start/a.mjs", long).map(([, rule]) => rule), ["sentence"]);
  assert.deepEqual(rules("src/a.rs", `f("${many(15)}.\\n${many(15)}\\n  ${many(15)}")`), [], "a sentence's end and a line that is set in");
  for (const text of ["UPDATE it anew", "DELETE what is anew", "CREATE it anew", "DROP it anew"]) {
    assert.deepEqual(rules("src/a.rs", `f("${text}")`), [[1, "word", "anew"]], text);
  }
  for (const text of ["UPDATE anew SET a = 1", "DELETE FROM anew", "INSERT OR REPLACE INTO anew VALUES (1)", "CREATE TABLE anew (a)"]) {
    assert.deepEqual(rules("src/a.rs", `f("${text}")`), [], text);
  }
});

test("the words of comments count in each language, and their length does not", () => {
  const long = many(30);
  const found = (path, text) => rules(path, text).map(([line, rule, word]) => `${line} ${rule} ${word}`);
  for (const path of ["src/a.rs", "tests/a.test.mjs", "dashboard/a.jsx", "bench/a.ts"]) {
    assert.deepEqual(found(path, `f();\n// ${long} it is\n// none of ours`), ["2 word is none"], path);
    assert.deepEqual(found(path, `/**\n * ${long} told\n * of it\n */\nf();`), ["1 word told of"], path);
    assert.deepEqual(found(path, 'f("https://a.example/b"); // `is none` is code'), [], path);
  }
  assert.deepEqual(found("dashboard/a.css", `/* ${long} anew */\na { content: "/* told of */"; }`), ["1 word anew"]);
});

test("the texts of tests and of developers' tools are read, and only their words count", () => {
  for (const path of ["tests/a.test.mjs", "tools/bench/a.mjs"]) {
    assert.deepEqual(rules(path, `test("tells of it, ${many(30)}", () => f("once anew"));`), [[1, "word", "tells of"], [1, "word", "anew"]], path);
  }
  assert.equal(rules("tools/demo.mjs", `say("${many(30)}")`)[0]?.[1], "sentence", "a command that users run");
});

test("a name that selects no text is reported", () => {
  assert.deepEqual(lint(["README.md"]), []);
  assert.deepEqual(lint(["README.md", "nosuch.md", "docs/"]), ["nosuch.md: there is no such file or folder with texts"]);
});

test("a page of the dashboard is read as it is shown", () => {
  const source = [
    'import x from "anew and anew";',
    "const A = () => (",
    '  <div title="told of it">',
    "    This is <b>none</b>, <code>anew</code>",
    '    {" if "} it {count ? "of anew" : ""}',
    `    <p>{count} ${many(26)}</p>`,
    "  </div>",
    ");",
  ].join("\n");
  assert.deepEqual(rules("dashboard/a.jsx", source).map(([line, rule]) => [line, rule]), [
    [4, "word"], [3, "word"], [5, "word"], [6, "sentence"],
  ]);
  assert.deepEqual(rules("tools/start/a.mjs", 'log(`one ${two} ` +\n  "anew");'), [[1, "word", "anew"]]);
  assert.deepEqual(rules("dashboard/a.html", "<p>Written\nanew</p><script>say('once anew')</script>"), [[1, "word", "anew"]]);
});

test("the descriptions of openapi.json are read, its examples are not", () => {
  const source = JSON.stringify({ info: { description: "Fine.\n\nIt is none." }, paths: { a: { summary: "Anew", example: { description: "anew" } } } }, null, 1);
  assert.deepEqual(rules("openapi.json", source), [[3, "word", "is none"], [7, "word", "Anew"]]);
});

test("an exception allows one text, and one that allows nothing is reported", () => {
  const found = findings("a.md", "It is none.\n\nIt is written anew.");
  const exception = { file: "a.md", rule: "word", text: "It is none", why: "a quotation" };
  assert.deepEqual(complaints(found, [exception], ["a.md"]), ["a.md:3: word: anew (write “again”)"]);
  const [, unused] = complaints(found.slice(1), [exception], ["a.md"]);
  assert.match(unused, /allows nothing: It is none/);
});

test("each exception has its reason", () => {
  assert.deepEqual(EXCEPTIONS.filter(({ why }) => !/\w/.test(why ?? "")), []);
});

test("all kinds of texts are among the files, and those that are held to the rules keep them", () => {
  const all = files();
  for (const path of ["README.md", "docs/errors.md", "openapi.json", "src/domain/http/code.rs", "dashboard/index.html", "dashboard/pages/job.jsx", "tools/doctor/report.mjs", "tools/demo.mjs", "tests/linear.rs"]) {
    assert.ok(all.includes(path), path);
  }
  assert.deepEqual(lint(), []);
});
