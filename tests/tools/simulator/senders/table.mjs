// What a client of each sender knows: how it submits, polls and reads. Written apart from the simulator's own data, which
// it must agree with.

const PROMPT = "A photo of an astronaut riding a horse.";
const VEO = "veo-3.1-generate-preview";
const bearer = (key) => ({ authorization: `Bearer ${key}` });
const falKey = (key) => ({ authorization: `Key ${key}` });
const content = [{ type: "text", text: PROMPT }];

/**
 * @typedef {object} Client
 * @property {string} as the sender, with its way if it has several
 * @property {(key: string) => object} key the header that carries it
 * @property {(hook: string) => { path: string, body: object }} submit
 * @property {(answer: object) => string} id
 * @property {(id: string) => string} [poll] a path; unset where no source tells one
 * @property {string[]} [sent] the words that the webhooks of a completed job say, in order; unset: no webhooks
 * @property {string[]} words what a poll says of a job that waits, runs, has completed, has failed
 * @property {(body: object) => string} [told] a webhook's word, if it is not at the same place as a poll's
 * @property {(answer: object) => string} [word] a poll's word
 * @property {(body: object) => string | undefined} [url] where a webhook has the first output
 * @property {(answer: object) => string} [polledUrl] where a poll has it
 * @property {boolean} [isFailureSilent] whether a failed job has no webhook
 * @property {string} [scheme] of the signature
 */

/** @type {Client[]} */
export const CLIENTS = [
  {
    as: "fal", key: falKey, scheme: "fal",
    submit: (hook) => ({ path: `fal-ai/wan-t2v?fal_webhook=${encodeURIComponent(hook)}`, body: { prompt: PROMPT, seed: 7 } }),
    id: ({ request_id: id }) => id, poll: (id) => `fal-ai/wan-t2v/requests/${id}/status`,
    sent: ["OK"], words: ["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "COMPLETED"], told: ({ status }) => status, failure: "ERROR",
    word: ({ status }) => status, url: ({ payload }) => payload.video.url,
  },
  {
    as: "replicate", key: bearer, scheme: "standard",
    submit: (webhook) => ({ path: "v1/models/wan-video/wan-2.2-t2v/predictions", body: { input: { prompt: PROMPT }, webhook } }),
    id: ({ id }) => id, poll: (id) => `v1/predictions/${id}`,
    sent: ["processing", "succeeded"], words: ["starting", "processing", "succeeded", "failed"],
    word: ({ status }) => status, url: ({ output }) => output?.[0],
  },
  {
    as: "kling/new", key: bearer, scheme: "standard",
    submit: (hook) => ({ path: "any/video", body: { prompt: PROMPT, options: { callback_url: hook, external_id: "e-1" } } }),
    id: ({ id }) => id,
    sent: ["submitted", "processing", "succeeded"], words: ["submitted", "processing", "succeeded", "failed"],
    word: ({ status }) => status, url: ({ outputs }) => outputs?.[0].url,
  },
  {
    as: "kling/old", key: bearer, scheme: "standard",
    submit: (hook) => ({ path: "v1/videos/text2video", body: { prompt: PROMPT, callback_url: hook, external_task_id: "e-1" } }),
    id: ({ data }) => data.task_id, poll: (id) => `v1/videos/text2video/${id}`,
    sent: ["submitted", "processing", "succeed"], words: ["submitted", "processing", "succeed", "failed"],
    told: ({ task_status: word }) => word, word: ({ data }) => data.task_status,
    url: ({ task_result: result }) => result?.videos[0].url, polledUrl: ({ data }) => data.task_result.videos[0].url,
  },
  {
    as: "wavespeed", key: bearer, scheme: "wavespeed",
    submit: (hook) => ({ path: `api/v3/wavespeed-ai/wan-2.2/t2v?webhook=${encodeURIComponent(hook)}`, body: { prompt: PROMPT } }),
    id: ({ data }) => data.id, poll: (id) => `api/v3/predictions/${id}`,
    sent: ["completed"], words: ["created", "processing", "completed", "failed"],
    told: ({ status }) => status, word: ({ data }) => data.status,
    url: ({ outputs }) => outputs[0], polledUrl: ({ data }) => data.outputs[0],
  },
  {
    as: "kie/jobs", key: bearer, scheme: "kie",
    submit: (hook) => ({ path: "api/v1/jobs/createTask", body: { model: "kling-2.6/t2v", callBackUrl: hook, input: { prompt: PROMPT } } }),
    id: ({ data }) => data.taskId, poll: (id) => `api/v1/jobs/recordInfo?taskId=${id}`,
    sent: ["success"], words: ["waiting", "generating", "success", "fail"], word: ({ data }) => data.state,
    url: ({ data }) => JSON.parse(data.resultJson).resultUrls[0],
  },
  {
    as: "kie/runway", key: bearer, scheme: "kie",
    submit: (hook) => ({ path: "api/v1/runway/generate", body: { prompt: PROMPT, callBackUrl: hook } }),
    id: ({ data }) => data.taskId, sent: [200], words: [], failure: 500, told: ({ code }) => code, url: ({ data }) => data.video_url,
  },
  {
    as: "kie/suno", key: bearer, scheme: "kie",
    submit: (hook) => ({ path: "api/v1/generate", body: { prompt: PROMPT, callBackUrl: hook } }),
    id: ({ data }) => data.taskId, sent: ["complete"], words: [], failure: "error",
    told: ({ data }) => data.callbackType, url: ({ data }) => data.data[0].audio_url,
  },
  {
    as: "bfl/signature", key: (key) => ({ "x-key": key }), scheme: "bfl",
    submit: (hook) => ({ path: "v1/flux-2-pro", body: { prompt: PROMPT, webhook_url: hook, webhook_secret: "s3cret" } }),
    id: ({ id }) => id, poll: (id) => `v1/get_result?id=${id}`,
    sent: ["Ready"], words: ["Pending", "Pending", "Ready", "Error"], word: ({ status }) => status, url: ({ result }) => result.sample,
  },
  {
    as: "higgsfield/signature", key: falKey, scheme: "standard",
    submit: (hook) => ({ path: `higgsfield-ai/soul/video?hf_webhook=${encodeURIComponent(hook)}`, body: { prompt: PROMPT } }),
    id: ({ request_id: id }) => id, poll: (id) => `requests/${id}/status`,
    sent: ["completed"], words: ["queued", "in_progress", "completed", "failed"],
    word: ({ status }) => status, url: ({ video }) => video.url,
  },
  {
    as: "openrouter", key: bearer, scheme: "openrouter",
    submit: (hook) => ({ path: "api/v1/videos", body: { model: "google/veo-3.1", prompt: PROMPT, callback_url: hook } }),
    id: ({ id }) => id, poll: (id) => `api/v1/videos/${id}`,
    sent: ["video.generation.completed"], words: ["pending", "in_progress", "completed", "failed"],
    failure: "video.generation.failed", told: ({ type }) => type, word: ({ status }) => status,
    url: ({ data }) => data.unsigned_urls[0], polledUrl: ({ unsigned_urls: [url] }) => url,
  },
  ...["project", "request"].map((way) => ({
    as: `gemini/${way}`, key: (key) => ({ "x-goog-api-key": key }), scheme: way === "project" ? "standard" : "gemini",
    submit: (hook) => ({
      path: `v1beta/models/${VEO}:predictLongRunning${way === "project" ? `?fal_webhook=${encodeURIComponent(hook)}` : ""}`,
      body: { instances: [{ prompt: PROMPT }], ...(way === "request" && { webhook_config: { uris: [hook] } }) },
    }),
    id: ({ name }) => name, poll: (id) => `v1beta/${id}`,
    sent: ["video.generated"], words: ["no", "no", "yes", "error"], isFailureSilent: true,
    told: ({ type }) => type, word: ({ done = false, error }) => (error ? "error" : done ? "yes" : "no"),
    polledUrl: ({ response }) => response.generateVideoResponse.generatedSamples[0].video.uri,
  })),
  {
    as: "luma", key: bearer,
    submit: (hook) => ({ path: "dream-machine/v1/generations/video", body: { prompt: PROMPT, callback_url: hook } }),
    id: ({ id }) => id, poll: (id) => `dream-machine/v1/generations/${id}`,
    sent: ["queued", "dreaming", "completed"], words: ["queued", "dreaming", "completed", "failed"],
    word: ({ state }) => state, url: ({ assets }) => assets?.video,
  },
  {
    as: "runpod", key: bearer,
    submit: (webhook) => ({ path: "v2/wan-t2v/run", body: { input: { prompt: PROMPT }, webhook } }),
    id: ({ id }) => id, poll: (id) => `v2/wan-t2v/status/${id}`,
    sent: ["COMPLETED"], words: ["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "FAILED"],
    word: ({ status }) => status, url: ({ output }) => output.video_url,
  },
  {
    as: "minimax", key: bearer,
    submit: (hook) => ({ path: "v2/video_generation", body: { model: "MiniMax-H3", content, callback_url: hook } }),
    id: ({ task_id: id }) => id, poll: (id) => `v2/query/video_generation/${id}`,
    sent: ["running", "succeeded"], words: ["queued", "running", "succeeded", "failed"],
    word: ({ task }) => task.status, url: ({ task }) => task.content?.url,
  },
  {
    as: "byteplus", key: bearer,
    submit: (hook) => ({ path: "api/v3/contents/generations/tasks", body: { model: "seedance-2-0", content, callback_url: hook } }),
    id: ({ id }) => id, poll: (id) => `api/v3/contents/generations/tasks/${id}`,
    sent: ["queued", "running", "succeeded"], words: ["queued", "running", "succeeded", "failed"],
    word: ({ status }) => status, url: (body) => body.content?.video_url,
  },
  {
    as: "runway", key: bearer,
    submit: () => ({ path: "v1/image_to_video", body: { model: "gen4_turbo", promptText: PROMPT } }),
    id: ({ id }) => id, poll: (id) => `v1/tasks/${id}`,
    words: ["PENDING", "RUNNING", "SUCCEEDED", "FAILED"], word: ({ status }) => status, polledUrl: ({ output }) => output[0],
  },
  {
    as: "xai", key: bearer,
    submit: () => ({ path: "v1/videos/generations", body: { model: "grok-imagine-video", prompt: PROMPT } }),
    id: ({ request_id: id }) => id, poll: (id) => `v1/videos/${id}`,
    words: ["pending", "pending", "done", "failed"], word: ({ status }) => status, polledUrl: ({ video }) => video.url,
  },
  {
    as: "openai", key: bearer, scheme: "standard",
    submit: (hook) => ({ path: `v1/responses?fal_webhook=${encodeURIComponent(hook)}`, body: { model: "gpt", input: PROMPT, background: true } }),
    id: ({ id }) => id, poll: (id) => `v1/responses/${id}`,
    sent: ["response.completed"], words: ["queued", "in_progress", "completed", "failed"],
    failure: "response.failed", told: ({ type }) => type, word: ({ status }) => status,
  },
];
