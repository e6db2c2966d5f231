// Chooses which jobs the wall shows. All of it is in the page's address.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ARCHIVES, RANGES, STATUSES } from "../lib/filter.js";
import { replaceParams } from "../lib/route.js";
import { ARCHIVE_WORDS } from "../lib/standing.js";
import { Icon } from "./icon.jsx";

const RANGE_WORDS = { "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days" };

export function FilterBar({ filter }) {
  const set = (changes) => replaceParams("", { ...filter, ...changes });
  const count = Object.keys(filter).filter((name) => name !== "q" && name !== "status").length;
  return (
    <search class="filters">
      <Text name="q" label="Id or reference begins with" value={filter.q} set={set} icon="search" />
      <Several name="status" label="Status" values={STATUSES} value={filter.status} set={set} />
      <details class="more" open={count > 0}>
        <summary><Icon name="filter" />Filters{count > 0 && <span class="number">{count}</span>}</summary>
        <div class="fields">
          <Several name="archive" label="Files" values={ARCHIVES} words={ARCHIVE_WORDS} value={filter.archive} set={set} />
          <Text name="queue" label="Queue" value={filter.queue} set={set} />
          <Text name="app" label="Application" value={filter.app} set={set} />
          <Text name="tag" label="Tag" value={filter.tag} set={set} />
          <Times filter={filter} set={set} />
        </div>
      </details>
      {Object.keys(filter).length > 0 && (
        <button type="button" class="quiet" onClick={() => replaceParams("", {})}><Icon name="close" />Clear</button>
      )}
    </search>
  );
}

const PAUSE_MS = 250;

/** A field that takes effect as soon as the writer pauses. */
function Text({ name, label, value = "", set, icon }) {
  const field = useRef();
  const timer = useRef();
  const written = useRef(value);
  // Something else may have changed the filter when the pause is over.
  const latest = useRef();
  latest.current = set;
  useEffect(() => {
    // The value was changed from elsewhere: by a link, or by "clear".
    if (value !== written.current) field.current.value = written.current = value;
  }, [value]);
  // A layout effect is cleaned up when the field is removed; a normal effect would still get the link that removed it.
  useLayoutEffect(() => {
    // A link was followed, so the text in progress belongs to the page before. Our own changes are not links.
    const left = ({ isTrusted }) => {
      if (!isTrusted) return;
      clearTimeout(timer.current);
      field.current.value = written.current;
    };
    addEventListener("hashchange", left);
    return () => {
      removeEventListener("hashchange", left);
      clearTimeout(timer.current);
    };
  }, []);
  const changed = ({ target }) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      written.current = target.value.trim();
      latest.current({ [name]: written.current });
    }, PAUSE_MS);
  };
  return (
    <div class={`field field-${name}`}>
      {icon && <Icon name={icon} />}
      <input ref={field} type="search" name={name} aria-label={label} placeholder={label} defaultValue={value}
        onInput={changed} autocomplete="off" spellcheck={false} maxLength={200} />
    </div>
  );
}

/** Buttons of which any number may be pressed; without any, all values count. */
function Several({ name, label, values, words = {}, value, set }) {
  const chosen = value?.split(",") ?? [];
  const toggle = (one) => {
    const next = chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one];
    set({ [name]: values.filter((known) => next.includes(known)).join(",") });
  };
  return (
    <div class="several" role="group" aria-label={label}>
      {values.map((one) => (
        <button key={one} type="button" class={`chip ${name}-${one}`} aria-pressed={chosen.includes(one)}
          onClick={() => toggle(one)}>
          {words[one] ?? one}
        </button>
      ))}
    </div>
  );
}

function Times({ filter, set }) {
  const chosen = filter.range ?? (filter.since || filter.until ? "own" : "");
  const choose = ({ target: { value } }) => {
    const own = { range: "", since: new Date(Date.now() - RANGES["24h"]).toISOString(), until: "" };
    set(value === "own" ? own : { range: value, since: "", until: "" });
  };
  return (
    <div class="field times">
      <select aria-label="Created" value={chosen} onChange={choose}>
        <option value="">Any time</option>
        {Object.keys(RANGES).map((range) => <option key={range} value={range}>{RANGE_WORDS[range]}</option>)}
        <option value="own">From … to …</option>
      </select>
      {chosen === "own" && ["since", "until"].map((name) => (
        <input key={name} type="datetime-local" aria-label={name === "since" ? "Created since" : "Created before"}
          value={local(filter[name])}
          onChange={({ target }) => set({ [name]: target.value && new Date(target.value).toISOString() })} />
      ))}
    </div>
  );
}

/** Returns a time in the field's format, in the reader's own zone. */
function local(text) {
  const at = text ? new Date(/^\d+$/.test(text) ? Number(text) : text) : null;
  if (!at || Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
