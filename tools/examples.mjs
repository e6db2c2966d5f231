// Puts what the API's scenario gives into its description; where they differ
// `tests/runtime/examples.test.mjs` fails: `WRITE_EXAMPLES=1 npm test -- examples` writes it.
import { inRoot } from "./setup/project.mjs";

export const DESCRIPTION = inRoot("openapi.json");

/** The description with each step's answer as the example of its operation and status. */
export function described(text, steps) {
  const document = JSON.parse(text);
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  for (const { operation, status, type, text: body } of steps) {
    const found = operations.find(({ operationId }) => operationId === operation);
    const content = found?.responses[status]?.content;
    if (!found?.responses[status]) throw new Error(`${operation} ${status} is not described`);
    const media = content?.[type.split(";")[0]];
    if (media && body) media.example = type.includes("json") && !type.includes("ndjson") ? JSON.parse(body) : body;
  }
  return `${JSON.stringify(document, null, 1)}\n`;
}
