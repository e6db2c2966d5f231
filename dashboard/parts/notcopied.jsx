// Which outputs are not stored, why, and how to fix that.
import { useRights, useVault } from "../lib/context.js";
import { troublesOf } from "../lib/standing.js";
import { Command } from "./copy.jsx";
import { Asking } from "./facts.jsx";
import { sentence } from "./trouble.jsx";

/** How many outputs that are not copied a record lists; it counts no more. */
const TOLD = 50;
/** How many hosts the text names; the line of settings has all of them. */
const NAMED = 5;

export function NotCopied({ job }) {
  const { allowed, mayAct } = useRights();
  const { barred, mended, others } = troublesOf(job, allowed);
  const { skipped, healing, status } = job;
  if (barred.size + mended.size + others.size === 0 && !healing?.error) return null;
  return (
    <section class="block trouble-list" aria-label="Not copied">
      {barred.size > 0 && <Barred hosts={barred} allowed={allowed} isCut={skipped.length === TOLD} />}
      {mended.size > 0 && <p>{on(mended)} allowed now: {named(mended)}. {mayAct && "“Copy again” copies what is still there."}</p>}
      {[...others].map(([said, count]) => <Said key={said} said={said} count={count} />)}
      {healing?.error && (
        <p>The queue was asked for {status === "completed" ? "fresh URLs" : "the result"}, <Asking healing={healing} />: {sentence(healing.error)}</p>
      )}
      {skipped.length > 0 && <Places skipped={skipped} />}
    </section>
  );
}

function Barred({ hosts, allowed, isCut }) {
  const { api } = useVault();
  return (
    <>
      <p><strong>{isCut && "At least "}{on(hosts)} not allowed: {named(hosts)}.</strong> {api.isGuest
        ? "The vault's operator can allow it."
        : `If you trust ${hosts.size === 1 ? "it" : "them"}, put this line under [vars] in wrangler.toml and deploy, or into .dev.vars on your machine:`}</p>
      {allowed && (
        <Command text={`ALLOWED_SOURCE_HOSTS="${[...allowed, ...hosts.keys()].join(",")}"`} label="the line that allows it" />
      )}
    </>
  );
}

/** Shows `file lost: …` with the number of files. */
function Said({ said, count }) {
  const [, noun, rest] = /^(\w+) (.*)$/s.exec(said);
  const again = rest.startsWith("not copied yet") ? " It is retried automatically." : "";
  return <p>{`${are(count, noun)} ${sentence(rest, false)}${again}`}</p>;
}

function Places({ skipped }) {
  return (
    <details>
      <summary>Where {skipped.length === 1 ? "it stands" : "they stand"} in the result</summary>
      <ul class="plain">
        {skipped.map(({ pointer, host, reason }) => <li key={pointer}><code>{pointer}</code> {host}: {reason}</li>)}
      </ul>
    </details>
  );
}

export const are = (count, noun) => `${count} ${noun}${count === 1 ? " is" : "s are"}`;

const on = (hosts) => {
  const count = [...hosts.values()].reduce((sum, one) => sum + one, 0);
  return `${are(count, "output")} on ${hosts.size === 1 ? "a host that is" : `${hosts.size} hosts that are`}`;
};

const named = (hosts) => [...hosts.keys()].slice(0, NAMED).join(", ") + (hosts.size > NAMED ? ` and ${hosts.size - NAMED} more` : "");
