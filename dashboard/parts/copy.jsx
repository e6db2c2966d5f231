// Buttons that copy a text, and commands with such a button.
import { useVault } from "../lib/context.js";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon.jsx";

const DONE_MS = 1_500;

/** Copies `text`, or what it returns if it is a function. */
export function Copy({ text, label, children, class: kind = "" }) {
  const { notify } = useVault() ?? {};
  const [done, setDone] = useState(false);
  useEffect(() => {
    const timer = done && setTimeout(() => setDone(false), DONE_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? await text() : text);
      setDone(true);
      notify?.(`Copied: ${label ?? children}`);
    } catch {
      notify?.("The browser did not allow copying", "bad");
    }
  };
  return (
    <button type="button" class={kind} onClick={copy} aria-label={label && `Copy ${label}`} title={label && `Copy ${label}`}>
      <Icon name={done ? "check" : "copy"} />{children}
    </button>
  );
}

/** A command to run elsewhere. */
export function Command({ text, label = "the command" }) {
  return (
    <div class="command">
      <pre tabIndex={0} aria-label={label}><code>{text}</code></pre>
      <Copy text={text} label={label} class="quiet" />
    </div>
  );
}
