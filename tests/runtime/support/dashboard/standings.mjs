// Fills a vault with a job in each state that a page shows, and some jobs that are as large as possible.
import { noise, presigned, redirect, status } from "../servers/origin.mjs";
import { acquired, told } from "../deliveries.mjs";
import { API_TOKEN } from "../vault.mjs";

/** The longest id that is allowed. */
export const LONGEST = "w".repeat(128);
/** How many previews come with a video, up to one a second. */
export const PREVIEWS = [0, 1, 13, 60];
/** A host that nothing is fetched from. */
export const ELSEWHERE = "videos.elsewhere.example";
const WORD = "x".repeat(400);

/** Fills the vault. Some work stays pending, so the vault must `leaveWork`. */
export async function fillStandings(vault, origin, works) {
  const put = (path, bytes = works.bytes.image, type = "image/png") => works.put(origin, path, bytes, type);
  const film = (id, previews, more = {}) => ({ eventType: "completed", jobId: id, queueName: "free",
    video: { data_uri: put(`/outputs/free/${id.slice(0, 9)}_0_clip.mp4`, works.bytes.clip, "video/mp4") },
    previews: Array.from({ length: previews }, (_, n) => ({ index: n, url: put(`/outputs/free/${id.slice(0, 9)}_0_preview_${n}.png`) })),
    ...more });
  const source = (path, step, query = presigned()) => {
    origin.on(path, step);
    return `${origin.url}${path}${query}`;
  };
  const result = (id, more) => vault.deliver({ eventType: "completed", jobId: id, ...more });

  for (const count of PREVIEWS) await vault.deliver(film(`previews-${count}`, count));
  const labels = `?app=${"a".repeat(100)}&tag=${"t".repeat(60)}&tag=${"u".repeat(60)}`;
  await vault.deliver(film(LONGEST, 13, { queueName: "q".repeat(120), workerName: `k8s_${"n".repeat(200)}`, prompt: WORD, [WORD]: WORD,
    picture: put(`/o/${"n".repeat(200)}.png`), model: put(`/o/${"m".repeat(100)}.glb`, noise(3_000), `model/${"t".repeat(90)}`) }),
  { reference: "r".repeat(128), query: labels });
  await result("elsewhere", { video: `https://${ELSEWHERE}/a.mp4` });
  await result("elsewhere-many", { videos: Array.from({ length: 60 }, (_, n) => `https://${"h".repeat(50)}.${n}.${"l".repeat(60)}.example/${n}.mp4`) });
  await result("led-elsewhere", { video: source("/o/led.mp4", redirect(`https://cdn.${ELSEWHERE}/x.mp4`)) });
  await result("forbidden", { video: source("/o/403.mp4", status(403)) });
  await result("dead", { video: source("/o/dead.mp4", status(403), presigned({ ago: 9_000 })) });
  await result("half", { video: source("/o/half.mp4", status(403), presigned({ ago: 9_000 })), image: put("/o/half.png") });
  await result("text", { seed: 5, answer: "42" });
  await result("previews-alone", { previews: [{ index: 0, url: put("/outputs/free/1_0_preview_0.png") }] });
  await vault.deliver(told("failed", "failed", 1, { error: { message: `CUDA out of memory ${WORD}` } }));
  await vault.deliver(told("failed", "failed-wordless", 1));
  await vault.deliver(told("cancelled", "cancelled", 1));
  await vault.deliver(acquired("retried", 1));
  await vault.deliver(told("retried", "retried", 2));
  await vault.deliver(acquired("silent"));
  const now = Date.now();
  await vault.deliver({ ...acquired("held"), acquiredAt: now, updatedAt: now, leaseExpiry: now + 3_600_000 });
  await vault.deliver(told("failed", "deleted", 1));
  await fetch(`${vault.url}/jobs/deleted`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
  vault.unwatch("deleted");
  await vault.deliver({ eventType: "failed", note: WORD });
  await vault.deliver({ eventType: "failed", jobId: "a/".repeat(80) });
  await vault.deliver(WORD, { reference: `~${"r".repeat(200)}` });
  for (const agent of ["curl/8", `Mozilla/5.0 (X11; Linux x86_64) ${"u".repeat(200)}`]) {
    await vault.post("/hook/wrong-token-0123456789", "{}", { "user-agent": agent });
  }
  for (const id of [LONGEST, "previews-60", "dead", "half", "led-elsewhere"]) await vault.settled(id);
}

/** The fragments of all pages of such a vault, each with a selector that shows that the page is complete. */
export const PAGES = {
  "#/": ".card .name", "#/?status=failed": ".card", "#/?archive=pending&since=2020-01-01T00:00:00Z": ".card", "#/?q=none": ".nothing",
  "#/unmatched": ".rows li", "#/refused": ".rows li", "#/numbers": ".tile", "#/doctor": ".finding", "#/nope": ".narrow",
  ...Object.fromEntries([...PREVIEWS.map((count) => `previews-${count}`), LONGEST, "elsewhere", "elsewhere-many", "led-elsewhere",
    "forbidden", "dead", "half", "text", "previews-alone", "failed", "failed-wordless", "cancelled", "retried", "silent", "held"]
    .map((id) => [`#/jobs/${id}`, ".event"])),
  "#/jobs/deleted": ".narrow", "#/jobs/never": ".narrow", [`#/jobs/${"y".repeat(128)}`]: ".narrow",
};
