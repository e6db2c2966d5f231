// Writes the answers of the API's scenario into its description. Where they differ,
// `tests/runtime/api/examples.test.mjs` fails; `WRITE_EXAMPLES=1 npm test -- examples` writes them.
import { inRoot } from "../setup/project.mjs";

export const DESCRIPTION = inRoot("openapi.json");

/** Returns the description with each step's answer as the example of its operation and status. */
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

/** Sets an example. Several errors may share a response: then each example is named by its code. */
function show(media, value) {
  if (media.examples) media.examples[value.code] = { value };
  else media.example = value;
}
