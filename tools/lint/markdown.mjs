// Returns the passages of a Markdown text: paragraphs (also in lists), headings, and the cells of tables. It skips code
// blocks, HTML, and tables that a command writes: these follow one of its marks.
import markdownIt from "markdown-it";

const parser = markdownIt({ html: true, linkify: false });
/** The marks before the tables that `npm run cost` and `npm run growth` write. */
export const MARKS = ["free", "growth", "operations", "price", "storage", "twin", "watched"];
const MARK = new RegExp(`^<!-- (?:${MARKS.join("|")}) -->\\s*$`);
const KINDS = { p: "paragraph", td: "cell", th: "cell" };

/** Returns the text that a reader sees. Inline code counts as one word; pictures and markup do not count. */
function inlineText(children) {
  return children
    .map(({ type, content }) => {
      if (type === "text") return content;
      if (type === "code_inline") return `\`${content.replace(/\s+/g, "_")}\``;
      return type === "softbreak" || type === "hardbreak" ? " " : "";
    })
    .join("");
}

export function passages(text, file, firstLine = 1) {
  const found = [];
  let kind;
  let row;
  // Whether the last block was a mark, and whether this is the table after it.
  let marked = false;
  let generated = false;
  for (const token of parser.parse(text, {})) {
    if (token.type === "table_open") generated = marked;
    if (token.type === "table_close") generated = false;
    if (token.level === 0) marked = token.type === "html_block" && MARK.test(token.content);
    if (token.type === "tr_open") row = token.map?.[0];
    if (token.nesting === 1) kind = /^h\d$/.test(token.tag) ? "heading" : (KINDS[token.tag] ?? kind);
    if (token.type !== "inline" || generated) continue;
    const line = firstLine + (kind === "cell" ? (row ?? token.map?.[0] ?? 0) : token.map[0]);
    found.push({ file, line, kind, text: inlineText(token.children).replace(/\s+/g, " ").trim() });
  }
  return found;
}

/** Returns the passages of an API description: each `description` and `summary` is Markdown. */
export function descriptionPassages(text, file) {
  const found = [];
  let from = 0;
  const visit = (value) => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (value && typeof value === "object") {
      for (const [name, inner] of Object.entries(value)) {
        if (name === "example" || name === "examples") continue;
        if (typeof inner !== "string") visit(inner);
        else if (name === "description" || name === "summary") {
          const at = text.indexOf(JSON.stringify(inner).slice(1, -1), from);
          if (at >= 0) from = at;
          const line = text.slice(0, Math.max(at, 0)).split("\n").length;
          found.push(...passages(inner, file).map((passage) => ({ ...passage, line })));
        }
      }
    }
  };
  visit(JSON.parse(text));
  return found;
}
