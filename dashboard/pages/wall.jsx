// The wall: all jobs, the newest first, as they change.
import { useEffect, useLayoutEffect } from "preact/hooks";
import { useVault } from "../lib/context.js";
import { useChanges } from "../lib/emitter.js";
import { readFilter } from "../lib/filter.js";
import { useScrolled } from "../lib/window.js";
import { Empty } from "../parts/empty.jsx";
import { FilterBar } from "../parts/filterbar.jsx";
import { Grid } from "../parts/grid.jsx";
import { Trouble } from "../parts/trouble.jsx";

/** How many pixels down new jobs at the top no longer move the reader's place. */
const FAR_PX = 200;

export function WallPage({ params }) {
  const filter = readFilter(params);
  const { wall } = useVault();
  const jobs = useChanges(wall.open(filter));
  useEffect(() => {
    document.title = "Jobs · hookvault";
  }, []);
  useKeptPlace(wall);
  const isFar = useScrolled(FAR_PX, wall.scroll);
  useEffect(() => jobs.hold(isFar), [jobs, isFar]);
  const isBare = jobs.loaded && jobs.list.length === 0;
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
      {!jobs.loaded && !jobs.error && <p class="waiting" role="status">Loading…</p>}
      {isBare && jobs.isWhole && (Object.keys(filter).length > 0 ? <Nothing /> : <Empty />)}
      {isBare && !jobs.isWhole && <Search jobs={jobs} />}
      {jobs.list.length > 0 && <Grid jobs={jobs} />}
    </section>
  );
}

/** Restores the reader's place after a visit to another page. */
function useKeptPlace(wall) {
  useLayoutEffect(() => {
    scrollTo({ top: wall.scroll });
    const note = () => {
      wall.scroll = scrollY;
    };
    addEventListener("scroll", note, { passive: true });
    return () => removeEventListener("scroll", note);
  }, [wall]);
}

const Nothing = () => (
  <div class="nothing">
    <h2>No job matches</h2>
    <p>Remove a filter, or wait: a job that matches appears here by itself.</p>
  </div>
);

/** Loads more: a page may end before it has found a job, if there are few jobs on many days. */
function Search({ jobs }) {
  useEffect(() => {
    jobs.more();
  });
  return <p class="waiting" role="status">Looking further back…</p>;
}
