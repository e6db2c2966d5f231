// JSON responses.
export const JSON_HEADERS = {
  "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff",
};
/** The options of JSON in the bucket. */
export const JSON_OBJECT = { httpMetadata: { contentType: "application/json" } };

export const json = (status: number, value: unknown): Response =>
  new Response(JSON.stringify(value), { status, headers: JSON_HEADERS });
