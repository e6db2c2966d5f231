// A job for somebody who got a link to it: to look at, not to act on.
import { useMemo } from "preact/hooks";
import { Vault } from "../lib/context.js";
import { Records } from "../lib/records.js";
import { Rights } from "../lib/rights.js";
import { Logo } from "../parts/logo.jsx";
import { Notices, useNotices } from "../parts/notices.jsx";
import { ThemeButton } from "../parts/theme.jsx";
import { JobPage } from "./job.jsx";

export function Guest({ api, id, refusal }) {
  const [notices, notify] = useNotices();
  const vault = useMemo(() => ({ api, rights: new Rights(api), records: new Records(api), notify }), [api]);
  return (
    <Vault.Provider value={vault}>
      <header class="top bare"><Logo /><div class="tools"><ThemeButton /></div></header>
      <main id="main" tabIndex={-1}>
        {refusal ? <Ended refusal={refusal} /> : <JobPage id={id} params={{}} />}
      </main>
      <Notices list={notices} />
    </Vault.Provider>
  );
}

function Ended({ refusal }) {
  return (
    <section class="page narrow">
      <h1>This link no longer opens the job</h1>
      <p class="alert" role="alert">The Worker says: {refusal.message}. Ask its sender for a new one.</p>
    </section>
  );
}
