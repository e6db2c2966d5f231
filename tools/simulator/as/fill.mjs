// Fills the templates of the senders' data. In a text, `{name}` is a value, `{/a/b}` a member of the submission, and
// `{hex:32}`, `{digits:9}`, `{letters:9}` and `{uuid}` are random. A text that is only `{name}` becomes the value
// itself. An object may have:
// - `$state`, `$kind`: a template for each state or kind of media, `other` for the rest
// - `$each`: a list with an item for each output file
// - `$json`: the JSON text of a value
// - `$job`: the job as the sender shows it, the row's `body`
// What they give is the value, or joins the object's other members. A member without a value is left out.

import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { pointed } from "./rows.mjs";

const ALPHABETS = { digits: "0123456789", letters: "abcdefghijklmnopqrstuvwxyz0123456789" };
const PLACE = /\{([\w.:/]+)\}/g;

const DIRECTIVES = {
  $state: (choices, values) => filled(choice(choices, values.state), values),
  $kind: (choices, values) => filled(choice(choices, values.kind), values),
  $each: (item, values) => values.files.map((file) => filled(item, { ...values, ...file })),
  $json: (inner, values) => JSON.stringify(filled(inner, values)),
  $job: (_, values) => filled(values.body, values),
};
const choice = (choices, name) => (Object.hasOwn(choices, name) ? choices[name] : choices.other);

/**
 * @param {unknown} template
 * @param {Record<string, unknown>} values by name; also `state`, `kind`, `files`, `body`, `input`
 * @returns {unknown} JSON
 */
export function filled(template, values) {
  if (typeof template === "string") return text(template, values);
  if (Array.isArray(template)) return template.map((item) => filled(item, values));
  if (typeof template !== "object" || template === null) return template;
  return object(Object.entries(template), values);
}

function object(entries, values) {
  const parts = entries.map(([name, inner]) => (Object.hasOwn(DIRECTIVES, name)
    ? DIRECTIVES[name](inner, values) : { [text(name, values)]: filled(inner, values) }));
  return parts.length === 1 ? parts[0] : Object.assign({}, ...parts);
}

function text(template, values) {
  const [whole] = template.match(/^\{([\w.:/]+)\}$/)?.slice(1) ?? [];
  if (whole !== undefined) return valueOf(whole, values);
  return template.replace(PLACE, (_, name) => valueOf(name, values) ?? "");
}

function valueOf(name, values) {
  if (name.startsWith("/")) return pointed(values.input, name);
  if (name === "uuid") return randomUUID();
  const [kind, length] = name.split(":");
  if (length !== undefined) return random(kind, Number(length));
  return typeof values[name] === "function" ? values[name]() : values[name];
}

function random(kind, length) {
  if (kind === "hex") return randomBytes(length).toString("hex").slice(0, length);
  const letter = () => ALPHABETS[kind][randomInt(ALPHABETS[kind].length)];
  return Array.from({ length }, letter).join("");
}
