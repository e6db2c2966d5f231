// The Worker has no secrets yet: what to run.
import { Command } from "../parts/copy.jsx";

export function Setup({ refusal, again }) {
  return (
    <section class="panel wide">
      <h1>Almost there: set the secrets</h1>
      <p>The Worker runs, but nobody can sign in yet: <strong>{refusal.message.split(";")[0]}</strong>. In the folder that you deployed from, run these commands, and give each a random text (<code>openssl rand -hex 24</code> makes a good one):</p>
      <h2>For reading and acting: you and your app</h2>
      <Command text="npx wrangler secret put API_TOKEN" label="the command for the API token" />
      <h2>For deliveries: the queue</h2>
      <Command text="npx wrangler secret put HOOK_TOKEN" label="the command for the hook token" />
      <p class="hint">A secret works a few seconds after its command has ended.</p>
      <button type="button" class="primary" onClick={again}>I have set them</button>
    </section>
  );
}
