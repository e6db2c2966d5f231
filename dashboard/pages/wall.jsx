// The wall: all jobs, the newest first, as they change.
import { useEffect, useMemo } from "preact/hooks";
import { now } from "../lib/clock.js";
import { useVault } from "../lib/context.js";
import { useChanges } from "../lib/emitter.js";
import { readFilter } from "../lib/filter.js";
import { Jobs } from "../lib/jobs.js";
import { useScrolled } from "../lib/window.js";
import { Empty } from "../parts/empty.jsx";
import { FilterBar } from "../parts/filterbar.jsx";
import { Grid } from "../parts/grid.jsx";
import { Trouble } from "../parts/trouble.jsx";

/** How far down a reader is left alone by what comes at the top. */
const FAR_PX = 200;
const POLL_MS = 5_000;

export function WallPage({ params }) {
  const filter = readFilter(params);
  const key = JSON.stringify(filter);
  const jobs = useJobs(filter, key);
  useEffect(() => {
    document.title = "Jobs · hookvault";
  }, []);
  const isFar = useScrolled(FAR_PX);
  useEffect(() => jobs.hold(isFar), [jobs, isFar]);
  const isFiltered = key !== "{}";
  return (
    <section class="wall">
      <h1 class="unseen">Jobs</h1>
      <FilterBar filter={filter} />
      <Trouble error={jobs.error} again={() => (jobs.loaded ? jobs.more() : jobs.load())} />
      {jobs.held > 0 && (
        <button type="button" class="fresh" onClick={() => scrollTo({ top: 0 })}>
          {jobs.held === 1 ? "1 new job" : `${jobs.held} new jobs`}
        </button>
      )}
      {jobs.loaded && jobs.list.length === 0 && jobs.isWhole && (isFiltered ? <Nothing /> : <Empty />)}
      {!jobs.loaded && !jobs.error && <p class="waiting" role="status">Loading…</p>}
      {jobs.list.length > 0 && <Grid jobs={jobs} />}
      {jobs.loaded && jobs.list.length === 0 && !jobs.isWhole && <Search jobs={jobs} />}
    </section>
  );
}

const Nothing = () => (
  <div class="nothing">
    <h2>No job is like that</h2>
    <p>Take a filter away, or wait: one that fits appears here by itself.</p>
  </div>
);

/** A page may end before a job was found in it: few jobs on many days. */
function Search({ jobs }) {
  useEffect(() => {
    jobs.more();
  });
  return <p class="waiting" role="status">Looking further back…</p>;
}

/** The jobs that the filter means, kept up to date. */
function useJobs(filter, key) {
  const { api, live } = useVault();
  const jobs = useMemo(() => new Jobs(api, filter, now()), [api, key]);
  useEffect(() => {
    const stopTaking = live.subscribe((message) => jobs.take(message));
    // What happens between the listing and the feed's beginning would be missed otherwise.
    let since = null;
    const look = () => {
      if (live.state === since) return;
      since = live.state;
      if (live.state !== "connecting" && !jobs.loaded) jobs.load();
    };
    look();
    const stopLooking = live.states.subscribe(look);
    const impatient = setTimeout(() => jobs.loaded || jobs.load(), 1_000);
    const polled = setInterval(() => live.state === "off" && jobs.load(), POLL_MS);
    return () => {
      stopTaking();
      stopLooking();
      clearTimeout(impatient);
      clearInterval(polled);
    };
  }, [jobs, live]);
  return useChanges(jobs);
}
