// What a signed-in user sees: the bar at the top, and one of the pages.
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Vault } from "../lib/context.js";
import { Live } from "../lib/live.js";
import { Records } from "../lib/records.js";
import { Rights } from "../lib/rights.js";
import { Wall } from "../lib/wall.js";
import { DoctorPage } from "../pages/doctor.jsx";
import { JobPage } from "../pages/job.jsx";
import { NotFound } from "../pages/notfound.jsx";
import { RefusedPage } from "../pages/refused.jsx";
import { StatsPage } from "../pages/stats.jsx";
import { UnmatchedPage } from "../pages/unmatched.jsx";
import { WallPage } from "../pages/wall.jsx";
import { Notices, useNotices } from "./notices.jsx";
import { Top } from "./top.jsx";

const PAGES = { wall: WallPage, jobs: JobPage, unmatched: UnmatchedPage, refused: RefusedPage,
  numbers: StatsPage, doctor: DoctorPage };

export function Signed({ session, route }) {
  const { api } = session;
  const [notices, notify] = useNotices();
  const vault = useMemo(() => {
    const rights = new Rights(api);
    const live = new Live(api, rights);
    return { api, rights, live, wall: new Wall(api, live), records: new Records(api), notify };
  }, [api]);
  useEffect(() => {
    vault.live.start();
    return () => {
      vault.live.stop();
      vault.wall.close();
    };
  }, [vault]);
  useArrival(route);
  const Page = Object.hasOwn(PAGES, route.page) ? PAGES[route.page] : NotFound;
  return (
    <Vault.Provider value={vault}>
      <Top page={route.page} live={vault.live} signOut={() => session.signOut()} />
      <main id="main" tabIndex={-1}>
        <Page key={route.parts[0]} id={route.parts[0]} params={route.params} />
      </main>
      <Notices list={notices} />
    </Vault.Provider>
  );
}

/** Scrolls a new page to its top, and moves a screen reader there. The wall restores its own place. */
function useArrival({ page, parts: [id] }) {
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    history.scrollRestoration = "manual";
    if (page !== "wall") scrollTo({ top: 0 });
    if (!isFirst.current) document.getElementById("main").focus({ preventScroll: true });
    isFirst.current = false;
  }, [page, id]);
}
