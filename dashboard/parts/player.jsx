// A video, with pipelet's preview frames as a strip that leads to what each shows.
import { useRef, useState } from "preact/hooks";
import { local } from "../lib/media.js";
import { Download } from "./download.jsx";
import { Icon } from "./icon.jsx";

export function Player({ src, name, previews }) {
  const video = useRef();
  const [failed, setFailed] = useState(false);
  if (failed) return <Unplayable src={src} />;
  const seek = (n) => {
    const { duration } = video.current;
    if (Number.isFinite(duration)) video.current.currentTime = (duration * (n + 0.5)) / previews.length;
  };
  return (
    <div class="stage">
      <video ref={video} src={src} controls playsInline loop preload="metadata" aria-label={name}
        onError={() => setFailed(true)} />
      {previews.length > 1 && (
        <div class="frames" role="group" aria-label="Previews">
          {previews.map((preview, n) => (
            <button key={preview.n} type="button" onClick={() => seek(n)}
              aria-label={`To preview ${n + 1} of ${previews.length}`}>
              <img src={local(preview.url)} alt="" loading="lazy" />
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Its type is not what the sender said, or the browser does not know it. */
export function Unplayable({ src }) {
  return (
    <div class="stage note">
      <Icon name="lost" />
      <p>The browser can't show this file. <Download src={src} /></p>
    </div>
  );
}
