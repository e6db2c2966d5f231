// The jobs in the pictures.
import { eventually } from "../workerd/wait.mjs";
import { API_TOKEN, HOOK_TOKEN } from "../workerd/vault.mjs";

/** The job whose page is shown. */
export const SHOWN = "437868";
const PREVIEWS = 6;

export async function fill(vault, gallery) {
  const deliver = (body, query = "", ref = "") =>
    vault.post(`/hook/${HOOK_TOKEN}${ref && `/${ref}`}${query}`, JSON.stringify(body));
  const held = (id, seconds, queueName = "free") => ({ eventType: "acquired", jobId: id, queueName,
    workerName: `k8s_worker_${id % 7}`, acquiredAt: Date.now(), updatedAt: Date.now(),
    leaseExpiry: Date.now() + seconds * 1_000 });
  const film = async (id, seed) => ({ eventType: "completed", jobId: id, queueName: "free", seed: 196619188014358,
    prompt: "A slow pan over a range of hills at dusk, soft light, film grain",
    video: { data_uri: await gallery.film(`/outputs/free/${id}_0_WanVideo2_2_I2V_00150.mp4`, seed) }, preview_fps: 2,
    previews: await Promise.all(Array.from({ length: PREVIEWS }, async (_, n) => ({ index: n,
      url: await gallery.frame(`/outputs/free/${id}_0_preview_00${n}.jpg`, seed, n / PREVIEWS) }))) });
  const pictures = async (id, seeds) => ({ eventType: "completed", jobId: id, queueName: "fast", seed: 196619188014358,
    images: await Promise.all(seeds.map(async (seed, n) =>
      ({ url: await gallery.picture(`/outputs/fast/${id}_${n}_image.jpg`, seed) }))) });

  for (const [id, ...seeds] of [[437852, 3, 5], [437853, 6], [437855, 12], [437856, 9, 22, 23]]) {
    await deliver(await pictures(id, seeds), "?app=flux-schnell&tag=draft");
  }
  const failed = { eventType: "failed", jobId: 437858, queueName: "free", error: { message: "CUDA out of memory" } };
  await deliver(failed, "?app=wan22-fast-t2v");
  await deliver(await pictures(437860, [24]), "?app=flux-schnell", "cover-12");
  await deliver(await film(437861, 15), "?app=wan22-fast-t2v&tag=launch");
  await deliver({ eventType: "retried", jobId: 437863, queueName: "free" }, "?app=wan22-fast-t2v");
  await deliver(await pictures(437864, [45, 46]), "?app=flux-schnell&tag=draft");
  await deliver(await pictures(437866, [59]), "?app=flux-schnell");
  await deliver(held(SHOWN, 45), "?app=wan22-fast-t2v&tag=launch", "order-7");
  await deliver(held(SHOWN, 45));
  await deliver(await film(SHOWN, 72));
  await deliver({ eventType: "completed", jobId: 437869, queueName: "free",
    video: { data_uri: gallery.missing("/outputs/free/437869_0_WanVideo2_2_I2V_00151.mp4") } }, "?app=wan22-fast-t2v");
  await deliver(held(437871, 45, "fast"), "?app=flux-schnell&tag=draft");
  await deliver(held(437872, 45), "?app=wan22-fast-t2v&tag=launch");
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  await eventually("all but one are stored", async () => {
    const { archive } = await (await fetch(`${vault.url}/stats`, { headers })).json();
    return archive.pending === 1 || undefined;
  });
}
