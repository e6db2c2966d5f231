// Writes the result, which `/result` answers and the `completed` webhook carries, in each dialect:
// - seed: as on the page of 2025-12-27; data_uri and data_url are the same presigned URL
// - today: the same with previews
// - base64: as the upstream sends without `x-pipelet-output: binary`: the file itself in base64 without a `data:`
//   prefix; previews are URLs even then

import { contentOf, FRAME } from "./files/content.mjs";
import { joined } from "./rawjson.mjs";

/**
 * @param {import("./job.mjs").Job} job
 * @param {import("./files/outputs.mjs").Outputs} outputs
 * @returns {Promise<string>} JSON text with newly signed URLs
 */
export async function resultText(job, outputs) {
  const sign = ({ key }) => outputs.sign(key, job.knobs.expiresIn);
  const urls = await Promise.all(job.files.map(sign));
  const result = {
    ...(urls.length > 0 && { [job.medium().kind]: output(job, urls[0]) }),
    ...(urls.length > 1 && { results: urls }),
    ...(job.previews.length > 0 && await previewPart(job, outputs)),
  };
  const echo = job.seed === undefined ? "{}" : `{"seed":${job.seed}}`;
  return joined(JSON.stringify(result), echo);
}

function output(job, url) {
  if (job.dialect !== "base64") return { data_uri: url, data_url: url };
  const { chunks } = contentOf(job.medium(), job.files[0].key, job.knobs.size);
  return { data_uri: Buffer.concat([...chunks()]).toString("base64") };
}

async function previewPart({ previews, knobs }, outputs) {
  const frame = async ({ key }, index) => ({
    url: await outputs.sign(key, knobs.previewsExpireIn),
    index,
    timestamp: index,
    width: FRAME.width,
    height: FRAME.height,
    content_type: FRAME.contentType,
  });
  return { preview_fps: 1, previews: await Promise.all(previews.map(frame)) };
}
