// Writes what the API's scenario gives into the description and the README, where they differ
// `tests/runtime/examples.test.mjs` fails: `WRITE_EXAMPLES=1 npm test -- examples` writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "./setup/project.mjs";

const DESCRIPTION = inRoot("openapi.json");
const README = inRoot("README.md");
const [BEGIN, END] = ["<!-- examples: begin -->", "<!-- examples: end -->"];
/** Most characters of an answer in the README; the description has it whole. */
const SHOWN = 900;

export const files = { DESCRIPTION, README };

/** The description with each step's answer as the example of its operation and status. */
export function described(text, steps) {
  const document = JSON.parse(text);
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  for (const { operation, status, type, text: body } of steps) {
    const found = operations.find(({ operationId }) => operationId === operation);
    const response = resolved(document, found?.responses[status]);
    if (!response) throw new Error(`${operation} ${status} is not described`);
    const media = response.content?.[type.split(";")[0]];
    if (media && body) show(media, type.includes("json") && !type.includes("ndjson") ? JSON.parse(body) : body);
  }
  return `${JSON.stringify(document, null, 1)}\n`;
}

function resolved(document, response) {
  const [, kind, name] = /^#\/components\/(\w+)\/(\w+)$/.exec(response?.$ref) ?? [];
  return name ? document.components[kind][name] : response;
}

/** A response that several errors share shows each by its code. */
function show(media, value) {
  if (media.examples) media.examples[value.code] = { value };
  else media.example = value;
}

/** The README with the chapter of requests and answers. */
export function shown(text, steps) {
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest.split(END);
  const chapter = steps.map(({ title, request, status, text: body }) => {
    const answer = body.length > SHOWN ? `${body.slice(0, SHOWN)} …` : body.trimEnd();
    return `**${title}** → ${status}\n\n\`\`\`sh\n${request}\n\`\`\`\n${answer && `\n\`\`\`\n${answer}\n\`\`\`\n`}`;
  });
  return `${before}${BEGIN}\n\n${chapter.join("\n")}\n${END}${after}`;
}

export function write(steps) {
  for (const [path, change] of [[DESCRIPTION, described], [README, shown]]) {
    writeFileSync(path, change(readFileSync(path, "utf8"), steps));
  }
}
