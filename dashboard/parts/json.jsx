// A member of the record as it was written, with lines and colours; none of it is ever markup.
import { useMemo, useState } from "preact/hooks";
import { member as memberOf, pretty } from "../lib/json.js";
import { Copy } from "./copy.jsx";

/** The most characters that are shown: a page of 32 MiB helps no one. */
const MAX_CHARS = 200_000;

export function Json({ title, text, member, open = false }) {
  const value = useMemo(() => memberOf(text, member), [text, member]);
  if (value === undefined || value === "null") return null;
  return (
    <details class="block" open={open}>
      <summary><h2>{title}</h2></summary>
      <div class="block-tools"><Copy text={value} label={`${title.toLowerCase()} as JSON`} class="quiet">JSON</Copy></div>
      <Source text={value} label={title} />
    </details>
  );
}

/** JSON, or any other text of a sender. */
export function Source({ text, label }) {
  const [whole, setWhole] = useState(false);
  const isCut = !whole && text.length > MAX_CHARS;
  const parts = useMemo(() => pretty(isCut ? text.slice(0, MAX_CHARS) : text), [text, isCut]);
  return (
    <>
      <pre class="json" tabIndex={0} aria-label={label} role="region"><code>
        {parts.map(({ kind, text: part }) => (kind === "mark" ? part : <span class={`json-${kind}`}>{part}</span>))}
      </code></pre>
      {isCut && <button type="button" onClick={() => setWhole(true)}>Show all of it</button>}
    </>
  );
}
