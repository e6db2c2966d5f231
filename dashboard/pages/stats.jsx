// How many there are of everything, and what is still to be done.
import { useEffect } from "preact/hooks";
import { useVault } from "../lib/context.js";
import { ARCHIVES, STATUSES } from "../lib/filter.js";
import { bytes, count, duration } from "../lib/format.js";
import { useLoad } from "../lib/load.js";
import { href } from "../lib/route.js";
import { ARCHIVE_WORDS } from "../lib/standing.js";
import { Again } from "../parts/again.jsx";
import { Trouble } from "../parts/trouble.jsx";

export function StatsPage() {
  const { api } = useVault();
  const { value, error, busy, again } = useLoad(() => ask(api), [api]);
  useEffect(() => {
    document.title = "Numbers · hookvault";
  }, []);
  return (
    <section class="page">
      <div class="title"><h1>Numbers</h1><Again busy={busy} again={again} /></div>
      <Trouble error={error} again={again} />
      {value && <Numbers {...value} />}
    </section>
  );
}

/** Returns the sums, and those figures that only the metrics have. */
async function ask(api) {
  const [stats, metrics] = await Promise.all([api.json("/stats"), api.text("/metrics").catch(() => "")]);
  const gauge = (name) => Number(new RegExp(`^hookvault_${name} ([\\d.]+)$`, "m").exec(metrics)?.[1] ?? NaN);
  return { stats, oldest: gauge("oldest_pending_seconds"), slack: gauge("smallest_slack_seconds"),
    unmatched: gauge("unmatched"), refused: gauge("refused_total") };
}

function Numbers({ stats, oldest, slack, unmatched, refused }) {
  const seconds = (value) => (Number.isFinite(value) ? duration(value * 1_000) : "–");
  return (
    <>
      <div class="tiles">
        <Tile name="Jobs" value={count(stats.jobs)} note={`on ${count(stats.days)} ${stats.days === 1 ? "day" : "days"}`} />
        <Tile name="Stored" value={bytes(stats.bytes)} note={`${count(stats.files.stored)} files`} />
        <Tile name="To be copied" value={count(stats.files.pending)} note={stats.files.pending > 0 && `the oldest for ${seconds(oldest)}`}
          to={href("", { archive: "pending" })} />
        <Tile name="Lost files" value={count(stats.files.lost)} bad={stats.files.lost > 0}
          to={href("", { archive: "lost,partial" })} />
        <Tile name="Least slack" value={seconds(slack)} note="left of a URL's life" />
        <Tile name="Unmatched" value={Number.isFinite(unmatched) ? count(unmatched) : "–"} bad={unmatched > 0}
          to={href("unmatched")} />
        <Tile name="Refused" value={Number.isFinite(refused) ? count(refused) : "–"} to={href("refused")} />
      </div>
      <div class="halves">
        <Bars title="Jobs by status" name="status" names={STATUSES} counts={stats.status} total={stats.jobs} />
        <Bars title="Jobs by their files" name="archive" names={ARCHIVES} words={ARCHIVE_WORDS} counts={stats.archive}
          total={stats.jobs} />
      </div>
    </>
  );
}

function Tile({ name, value, note, to, bad }) {
  const inner = <><span class="name">{name}</span><strong>{value}</strong><span class="note">{note}</span></>;
  return to ? <a class={`tile ${bad ? "bad" : ""}`} href={to}>{inner}</a> : <div class="tile">{inner}</div>;
}

function Bars({ title, name, names, words = {}, counts, total }) {
  return (
    <section class="block">
      <h2>{title}</h2>
      <ul class="bars">
        {names.map((one) => (
          <li key={one}>
            <a href={href("", { [name]: one })}>{words[one] ?? one}</a>
            <span class={`measure ${name}-${one}`} aria-hidden="true">
              <span style={{ transform: `scaleX(${(counts[one] ?? 0) / Math.max(total, 1)})` }} />
            </span>
            <span class="digits">{count(counts[one])}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
