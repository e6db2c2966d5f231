// The bar at the top: where the user is and can go, and whether the page is up to date.
import { useChanges } from "../lib/emitter.js";
import { href } from "../lib/route.js";
import { Icon } from "./icon.jsx";
import { Logo } from "./logo.jsx";
import { ThemeButton } from "./theme.jsx";

const LINKS = [["wall", "", "Jobs"], ["unmatched", "unmatched", "Unmatched"], ["refused", "refused", "Refused"],
  ["numbers", "numbers", "Numbers"], ["doctor", "doctor", "Doctor"]];

export function Top({ page, live, signOut }) {
  const skip = (event) => {
    // The fragment is the page's address here.
    event.preventDefault();
    document.getElementById("main").focus();
  };
  return (
    <header class="top">
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <Logo />
      <nav aria-label="Pages">
        {LINKS.map(([name, path, title]) => (
          <a key={name} href={href(path)} aria-current={isHere(name, page) ? "page" : undefined}>{title}</a>
        ))}
      </nav>
      <div class="tools">
        <LiveState live={live} />
        <ThemeButton />
        <button type="button" class="quiet" onClick={signOut} aria-label="Sign out" title="Sign out">
          <Icon name="out" />
        </button>
      </div>
    </header>
  );
}

const isHere = (name, page) => name === page || (name === "wall" && page === "jobs");

const STATES = { live: "Live", connecting: "Reconnecting…", off: "Read only" };

function LiveState({ live }) {
  useChanges(live.states);
  return (
    <span class={`live live-${live.state}`} role="status">
      <span class="dot" aria-hidden="true" /><span class="word">{STATES[live.state]}</span>
    </span>
  );
}
