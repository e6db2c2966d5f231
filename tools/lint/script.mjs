// Returns the texts of JavaScript as they are read: string literals, templates, and what JSX shows, joined with their
// neighbours. A value that is filled in counts as a word.
import { Parser } from "acorn";
import jsx from "acorn-jsx";
import { stringPassages } from "./rules.mjs";

const parser = Parser.extend(jsx());
const OPTIONS = { ecmaVersion: "latest", sourceType: "module", locations: true, allowHashBang: true };
/** Elements inside a sentence. Any other element begins a new text. */
const INLINE = new Set(["a", "abbr", "b", "em", "i", "kbd", "small", "span", "strong", "time"]);
const VALUE = "{x}";

/** Returns the text of an expression that is made of strings, or undefined. */
function stringOf(node) {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked ?? "").join(VALUE);
  if (node.type !== "BinaryExpression" || node.operator !== "+") return undefined;
  const [left, right] = [stringOf(node.left), stringOf(node.right)];
  return left === undefined && right === undefined ? undefined : (left ?? VALUE) + (right ?? VALUE);
}

/** Returns the text of an element's child in braces, or undefined. */
const shownString = (child) => (child?.type === "JSXExpressionContainer" ? stringOf(child.expression) : undefined);

/** Returns what an element shows, split at other elements: a list of `{ text, line }`. */
function shown(element, texts = [{ text: "" }]) {
  const add = (text, line) => {
    const last = texts.at(-1);
    last.text += text;
    if (/\S/.test(text)) last.line ??= line;
  };
  for (const child of element.children) {
    const line = child.loc.start.line;
    if (child.type === "JSXText") add(child.value, line + (/^\s*/.exec(child.value)[0].split("\n").length - 1));
    else if (child.type === "JSXExpressionContainer") add(shownString(child) ?? VALUE, line);
    else if (child.type === "JSXElement") {
      const name = child.openingElement.name.name;
      if (name === "code") add("`code`", line);
      else if (INLINE.has(name)) shown(child, texts);
      else texts.push({ text: "" });
    }
  }
  return texts;
}

export function passages(source, file) {
  const found = [];
  const add = (text, line) => found.push(...stringPassages(text, file, line));
  const visit = (node, parent) => {
    if (Array.isArray(node)) return node.forEach((one) => shownString(one) === undefined && visit(one, parent));
    if (!node || typeof node.type !== "string") return;
    const text = node.type === "JSXText" ? undefined : stringOf(node);
    if (text !== undefined && !/^(?:Import|Export)/.test(parent?.type) && parent?.type !== "TaggedTemplateExpression") add(text, node.loc.start.line);
    const own = node.type === "JSXElement" || node.type === "JSXFragment";
    if (own && !(parent?.type === "JSXElement" && INLINE.has(node.openingElement?.name.name))) {
      for (const { text, line } of shown(node)) add(text.replace(/\s+/g, " "), line);
    }
    // The pieces of a joined text are not texts of their own.
    const inner = text !== undefined && node.type === "BinaryExpression" ? { type: "Import" } : node;
    for (const [key, value] of Object.entries(node)) if (key !== "loc" && value && typeof value === "object") visit(value, inner);
  };
  visit(parser.parse(source, OPTIONS));
  return found;
}

/** Returns the text between the tags of an HTML page. */
export function htmlPassages(source, file) {
  const bare = source.replace(/<(script|style)\b[\s\S]*?<\/\1>|<!--[\s\S]*?-->/g, (all) => all.replace(/[^\n]/g, " "));
  return [...bare.matchAll(/>([^<>]+)</g)].flatMap(({ 1: text, index }) =>
    stringPassages(text.replace(/\s+/g, " "), file, bare.slice(0, index).split("\n").length),
  );
}
