// A question that must be answered first; Escape cancels it.
import { useId, useLayoutEffect, useRef } from "preact/hooks";

export function Dialog({ title, close, children }) {
  const dialog = useRef();
  const id = useId();
  useLayoutEffect(() => dialog.current.showModal(), []);
  return (
    <dialog ref={dialog} class="asks" aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
