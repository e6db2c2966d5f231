// The state of a job's hand-off: to the client's own webhook, and to the owner's.
import { useNow } from "../lib/clock.js";
import { duration } from "../lib/format.js";
import { Fact, Time } from "./facts.jsx";
import { State } from "./state.jsx";

export const RECEIVERS = { client: "the client's webhook", operator: "HANDOFF_URL" };

export function Handoff({ job: { handoff, archive } }) {
  if (!handoff) return null;
  return (
    <section class="block handoff">
      <h2>Hand-off</h2>
      <ul class="parts">
        {handoff.messages.map((message) => <Message key={message.id} {...message} isSafe={archive !== "pending"} />)}
      </ul>
    </section>
  );
}

function Message({ receiver, eventType, state, attempts, nextAt, deliveredAt, error, isSafe }) {
  return (
    <li>
      <div class="line"><strong>To {RECEIVERS[receiver] ?? receiver}</strong><State of={state} kind="handoff" /></div>
      <dl>
        <Fact name="Event">{eventType}</Fact>
        <Fact name="Delivered"><Time at={deliveredAt} /></Fact>
        <Fact name="Next try">{nextAt !== null && <Next at={nextAt} isSafe={isSafe} />}</Fact>
        <Fact name="Failed">{attempts > 0 && `${attempts} ${attempts === 1 ? "try" : "tries"}`}</Fact>
        <Fact name="Trouble">{error}</Fact>
      </dl>
    </li>
  );
}

function Next({ at, isSafe }) {
  const left = at - useNow();
  if (left > 0) return `in ${duration(left)}`;
  return isSafe ? "now" : "when the files are stored, or 15 minutes after the end";
}
