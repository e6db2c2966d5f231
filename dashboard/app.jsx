// The dashboard: the Worker's own API, as the holder of a token or a ticket sees it.
import { render } from "preact";
import { useChanges } from "./lib/emitter.js";
import { Api } from "./lib/api.js";
import { useRoute } from "./lib/route.js";
import { Session } from "./lib/session.js";
import { useMemo, useState } from "preact/hooks";
import { Guest } from "./pages/guest.jsx";
import { SignIn } from "./pages/signin.jsx";
import { Signed } from "./parts/signed.jsx";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/controls.css";
import "./styles/wall.css";
import "./styles/job.css";
import "./styles/pages.css";

const session = new Session();

function App() {
  useChanges(session);
  const route = useRoute();
  const ticket = route.page === "jobs" ? route.params.ticket : undefined;
  if (ticket) return <Shared ticket={ticket} id={route.parts[0]} />;
  if (!session.api) return <SignIn session={session} />;
  return <Signed key={session.api.right.token} session={session} route={route} />;
}

/** Shows one job to somebody who got its link. */
function Shared({ ticket, id }) {
  const [refusal, setRefusal] = useState(null);
  const api = useMemo(() => new Api({ ticket }, setRefusal), [ticket]);
  return <Guest api={api} id={id} refusal={refusal} />;
}

render(<App />, document.getElementById("app"));
