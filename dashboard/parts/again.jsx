// A button that asks once more.
import { Icon } from "./icon.jsx";

export function Again({ busy, again }) {
  return (
    <button type="button" class="quiet" onClick={again} disabled={busy}>
      <Icon name="again" />{busy ? "Loading…" : "Refresh"}
    </button>
  );
}
