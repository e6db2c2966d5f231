// A picture, which on demand fills the screen in its own size.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.jsx";
import { Unplayable } from "./player.jsx";

export function Zoom({ src, name }) {
  const [open, setOpen] = useState(false);
  const [failed, setFailed] = useState(false);
  if (failed) return <Unplayable src={src} />;
  return (
    <div class="stage picture-stage">
      <button type="button" class="zoom" onClick={() => setOpen(true)} aria-label={`Enlarge ${name}`}>
        <img src={src} alt={name} decoding="async" onError={() => setFailed(true)} />
      </button>
      {open && <Large src={src} name={name} close={() => setOpen(false)} />}
    </div>
  );
}

function Large({ src, name, close }) {
  const dialog = useRef();
  const [whole, setWhole] = useState(true);
  useLayoutEffect(() => dialog.current.showModal(), []);
  return (
    <dialog ref={dialog} class="large" aria-label={name} onClose={close}>
      <div class="row">
        <button type="button" onClick={() => setWhole(!whole)}>
          <Icon name="search" />{whole ? "Own size" : "Fit the screen"}
        </button>
        <button type="button" onClick={() => dialog.current.close()}><Icon name="close" />Close</button>
      </div>
      {/* Scrolled by the keyboard as well. */}
      <div class={`scroll ${whole ? "whole" : ""}`} tabIndex={0} role="group" aria-label="The picture">
        <img src={src} alt={name} onClick={() => setWhole(!whole)} />
      </div>
    </dialog>
  );
}
