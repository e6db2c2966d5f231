// Answers of JSON.
export const JSON_HEADERS = {
  "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff",
};
/** As it is kept in the bucket. */
export const JSON_OBJECT = { httpMetadata: { contentType: "application/json" } };

export const json = (status: number, value: unknown): Response =>
  new Response(JSON.stringify(value), { status, headers: JSON_HEADERS });
