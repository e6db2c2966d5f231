// There is no job yet: shows how to get the first one.
import { useRights } from "../lib/context.js";
import { SelfTest } from "./selftest.jsx";
import { Command } from "./copy.jsx";

const curl = (origin) => `curl '${origin}/hook/'"$HOOK_TOKEN" -H 'content-type: application/json' \\
  -d '{"eventType":"acquired","jobId":"my-first-job","queueName":"free"}'`;

export function Empty() {
  const { mayAct } = useRights();
  return (
    <div class="panel wide empty">
      <h2>No job yet</h2>
      <p>Jobs appear here by themselves, as soon as the queue sends a webhook. This is the Worker's webhook URL: give it to the queue as <code>fal_webhook</code>, or in the <code>x-pipelet-webhook</code> header.</p>
      <Command text={`${location.origin}/hook/$HOOK_TOKEN`} label="the webhook's URL" />
      <p>This command delivers an event, as the queue would. The page does not know your <code>HOOK_TOKEN</code>:
        set it in the shell first.</p>
      <Command text={curl(location.origin)} label="the command that delivers" />
      {mayAct && <p>Or try it now, with a picture that this page makes and sends to the public webhook:</p>}
      {mayAct && <SelfTest />}
    </div>
  );
}
