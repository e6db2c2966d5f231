// Short notices that come and go; screen readers read them out.
import { useCallback, useState } from "preact/hooks";

const SHOWN_MS = 5_000;
let next = 0;

/** Returns `[list, notify]`: `notify(text, kind)` shows a notice for a while; `kind` is `bad` for a failure. */
export function useNotices() {
  const [list, setList] = useState([]);
  const notify = useCallback((text, kind = "good") => {
    const notice = { key: (next += 1), text, kind };
    setList((now) => [...now.slice(-2), notice]);
    setTimeout(() => setList((now) => now.filter(({ key }) => key !== notice.key)), SHOWN_MS);
  }, []);
  return [list, notify];
}

export function Notices({ list }) {
  return (
    <div class="notices" role="status" aria-live="polite">
      {list.map(({ key, text, kind }) => <p key={key} class={`notice ${kind}`}>{text}</p>)}
    </div>
  );
}
