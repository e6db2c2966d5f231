// The owner's actions on a job.
import { useState } from "preact/hooks";
import { jobPath } from "../lib/api.js";
import { useRights, useVault } from "../lib/context.js";
import { href } from "../lib/route.js";
import { troublesOf } from "../lib/standing.js";
import { Dialog } from "./dialog.jsx";
import { RECEIVERS } from "./handoff.jsx";
import { Icon } from "./icon.jsx";
import { are } from "./notcopied.jsx";
import { Share } from "./share.jsx";

const UNENDED = ["queued", "acquired", "retried"];

export function Actions({ job }) {
  const { api, notify } = useVault();
  const [open, setOpen] = useState(null);
  const [busy, setBusy] = useState(false);
  const act = async (rest, begun) => {
    setBusy(true);
    try {
      notify(begun(await (await api.post(jobPath(job.id, rest))).json()));
    } catch (error) {
      notify(`The request failed: ${error.message}`, "bad");
    }
    setBusy(false);
  };
  const { copyable } = troublesOf(job, useRights().allowed);
  const copying = ({ archive }) =>
    (archive === "pending" ? `${are(copyable, "file")} being copied` : "No file is left to copy");
  const close = () => setOpen(null);
  return (
    <div class="actions">
      {copyable > 0 && (
        <button type="button" disabled={busy} onClick={() => act("/archive", copying)}><Icon name="again" />Copy again</button>
      )}
      {UNENDED.includes(job.status) && (
        <button type="button" disabled={busy} onClick={() => act("/archive", () => "The queue is asked for the result")}>
          <Icon name="again" />Ask the queue
        </button>
      )}
      {job.handoff && (
        <button type="button" disabled={busy} onClick={() => act("/handoff", handedOff)}>
          <Icon name="send" />Hand off again
        </button>
      )}
      <button type="button" onClick={() => setOpen("share")}><Icon name="share" />Share</button>
      <button type="button" class="danger" onClick={() => setOpen("delete")}><Icon name="bin" />Delete</button>
      {open === "share" && <Share job={job} close={close} />}
      {open === "delete" && <Delete job={job} close={close} />}
    </div>
  );
}

/** Returns what was started, according to the answer. */
function handedOff({ handoff: { messages } }) {
  const { eventType } = messages.at(-1);
  const sent = messages.filter((message) => message.state === "pending" && message.eventType === eventType);
  return `The event ${eventType} is sent to ${sent.map(({ receiver }) => RECEIVERS[receiver] ?? receiver).join(" and ")} again`;
}

function Delete({ job, close }) {
  const { api, notify } = useVault();
  const remove = async () => {
    try {
      await api.send(jobPath(job.id), { method: "DELETE" });
      notify(`${job.id} is deleted`);
      location.hash = href("");
    } catch (error) {
      notify(`The job was not deleted: ${error.message}`, "bad");
      close();
    }
  };
  return (
    <Dialog title={`Delete ${job.id}?`} close={close}>
      <p>The job, its {job.files.length === 1 ? "file" : `${job.files.length} files`} and its timeline are deleted from every store. Its links stop working. This can't be undone.</p>
      <div class="row end">
        <button type="button" onClick={close} autofocus>Keep it</button>
        <button type="button" class="danger solid" onClick={remove}><Icon name="bin" />Delete for good</button>
      </div>
    </Dialog>
  );
}
