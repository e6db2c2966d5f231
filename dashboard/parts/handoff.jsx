// What became of telling the owner's own endpoints.
import { bytes, when } from "../lib/format.js";

export function Handoff({ handoff }) {
  if (!handoff) return null;
  const targets = Array.isArray(handoff.targets) ? handoff.targets : [handoff];
  return (
    <section class="block">
      <h2>Hand-off</h2>
      {targets.map((target, n) => (
        <dl key={n} class="target">
          {Object.entries(target).filter(([, value]) => value !== null).map(([name, value]) => (
            <div key={name}><dt>{words(name)}</dt><dd>{shown(name, value)}</dd></div>
          ))}
        </dl>
      ))}
    </section>
  );
}

const words = (name) => name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

function shown(name, value) {
  if (typeof value === "number" && /At$/.test(name)) return when(value);
  if (typeof value === "number" && /bytes/i.test(name)) return bytes(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
