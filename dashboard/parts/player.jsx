// A video, with pipelet's preview frames as a strip that jumps to what each shows.
import { useEffect, useRef, useState } from "preact/hooks";
import { local } from "../lib/media.js";
import { Download } from "./download.jsx";
import { Icon } from "./icon.jsx";
import { sentence } from "./trouble.jsx";

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

/**
 * Explains why a file does not play. Its type differs from the declared one, or the browser does not know it; or it is
 * missing, and the Worker says why.
 */
export function Unplayable({ src }) {
  const [why, setWhy] = useState(null);
  useEffect(() => {
    whyNot(src).then(setWhy);
  }, [src]);
  return (
    <div class="stage note">
      <Icon name="lost" />
      {why !== null && <p>{why ? sentence(why) : <>The browser can't show this file. <Download src={src} /></>}</p>}
    </div>
  );
}

/** Returns `""` if the file is there, else why it is not. */
async function whyNot(src) {
  try {
    const answer = await fetch(src, { headers: { range: "bytes=0-0" }, cache: "no-store" });
    return answer.ok ? "" : (await answer.json()).detail;
  } catch {
    return "the Worker can't be reached";
  }
}
