// Sends a delivery with a real file to the same hook as the queue's.
import { useState } from "preact/hooks";
import { useVault } from "../lib/context.js";
import { jobHref } from "../lib/route.js";
import { Icon } from "./icon.jsx";

export function SelfTest() {
  const { api, notify } = useVault();
  const [busy, setBusy] = useState(false);
  const [job, setJob] = useState(null);
  const send = async () => {
    setBusy(true);
    try {
      const { selfTest } = await api.json("/doctor");
      if (!selfTest) throw new Error("no test webhook is available: it needs the API token and a HOOK_TOKEN");
      await deliver(selfTest.hook);
      setJob(selfTest.job);
      notify("The test delivery was accepted");
    } catch (error) {
      notify(`The test delivery failed: ${error.message}`, "bad");
    }
    setBusy(false);
  };
  return (
    <div class="row">
      <button type="button" class="primary" onClick={send} disabled={busy}>
        <Icon name="send" />{busy ? "Sending…" : "Send a test delivery"}
      </button>
      {job && <a href={jobHref(job)}>See its job</a>}
    </div>
  );
}

/** Delivers to the webhook as a sender does, but at this page's own origin: the page may contact no other. */
async function deliver(hook) {
  const image = { data_uri: picture() };
  const answer = await fetch(/\/hook\/[^/?#]+$/.exec(hook)[0], { method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ eventType: "completed", image }) });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `the answer is ${answer.status}`);
}

/** Returns a drawing of more than 1 KiB. It contains the time, so no other delivery has it. */
function picture() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 400];
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, 640, 400);
  sky.addColorStop(0, "#312e81");
  sky.addColorStop(0.6, "#7c3aed");
  sky.addColorStop(1, "#f59e0b");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 640, 400);
  for (let n = 0; n < 60; n += 1) {
    pen.fillStyle = `rgb(255 255 255 / ${0.1 + Math.random() * 0.5})`;
    pen.beginPath();
    pen.arc(Math.random() * 640, Math.random() * 400, 1 + Math.random() * 5, 0, 7);
    pen.fill();
  }
  pen.fillStyle = "#fff";
  pen.textAlign = "center";
  pen.font = "600 44px system-ui, sans-serif";
  pen.fillText("hookvault test", 320, 205);
  pen.font = "22px system-ui, sans-serif";
  pen.fillText(new Date().toISOString(), 320, 245);
  return canvas.toDataURL("image/png");
}
