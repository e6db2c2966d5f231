// A card's picture: the job's first picture or video, and more of it while the pointer is over it.
import { useEffect, useRef, useState } from "preact/hooks";
import { isPreview, kindOf, leading, local, previewsOf } from "../lib/media.js";
import { archiveOf } from "../lib/standing.js";
import { Icon } from "./icon.jsx";

export function CardMedia({ job, record, over, resting }) {
  const file = leading(job.files);
  const previews = previewsOf(record);
  const poster = job.files.find((one) => one !== file && one.state === "stored" && kindOf(one) === "image");
  const src = file?.state === "stored" ? local(file.url) : null;
  const kind = file && kindOf(file);
  // The type that the sender declared may be wrong.
  const [bad, setBad] = useState(null);
  const isShown = src && src !== bad && ["image", "video"].includes(kind);
  return (
    <div class="picture" onErrorCapture={() => setBad(src)}>
      {isShown && kind === "image" && <img src={src} alt="" loading="lazy" decoding="async" />}
      {isShown && kind === "video" && (over
        ? <Playing src={src} previews={previews} />
        : <Still src={src} poster={poster && local(poster.url)} resting={resting} />)}
      {!isShown && <Stand job={job} record={record} file={file} kind={kind} isBad={Boolean(bad)} />}
      {isShown && kind === "video" && !over && <span class="badge"><Icon name="play" /></span>}
      <Count files={job.files} />
    </div>
  );
}

/** A video at rest: its first preview, else its own first frame, once scrolling has paused. */
function Still({ src, poster, resting }) {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (resting) setReady(true);
  }, [resting]);
  if (poster) return <img src={poster} alt="" loading="lazy" decoding="async" />;
  return ready ? <video src={`${src}#t=0.1`} muted playsInline preload="metadata" tabIndex={-1} /> : null;
}

/** Plays without sound; the strip of previews below jumps to what each of them shows. */
function Playing({ src, previews }) {
  const video = useRef();
  const [frame, setFrame] = useState(null);
  useEffect(() => {
    // A browser may refuse to play by itself: then the video stands still.
    video.current.play().catch(() => {});
  }, []);
  const scrub = ({ currentTarget, clientX }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const at = Math.floor(((clientX - left) / width) * previews.length);
    setFrame(Math.max(0, Math.min(previews.length - 1, at)));
  };
  return (
    <>
      <video ref={video} src={src} muted loop playsInline preload="auto" tabIndex={-1} />
      {frame !== null && <img class="frame" src={local(previews[frame].url)} alt="" />}
      {previews.length > 1 && (
        <div class="strip" aria-hidden="true" onPointerMove={scrub} onPointerLeave={() => setFrame(null)}>
          {previews.slice(0, 24).map((preview, n) => (
            <img key={preview.n} src={local(preview.url)} alt="" class={n === frame ? "on" : ""} />
          ))}
        </div>
      )}
    </>
  );
}

/** The icons of a job without files. */
const BARE = { completed: "file", failed: "lost", cancelled: "close", retried: "again" };
const ICONS = { audio: "sound", other: "file", image: "file", video: "play" };

/** What is shown instead of a picture. */
function Stand({ job, record, file, kind, isBad }) {
  if (isBad) return <span class="stand"><Icon name="lost" />can't be shown</span>;
  if (!file && job.archive === "none") {
    return <span class={`stand stand-${job.status}`}><Icon name={BARE[job.status] ?? "clock"} /></span>;
  }
  const [state, word, why] = archiveOf(job, record);
  if (!file || file.state === "lost" || why) return <span class="stand"><Icon name="lost" /><span>{why ?? (file ? "lost" : word)}</span></span>;
  if (file.state === "pending") return <span class={`stand ${state === "pending" ? "busy" : ""}`}><Icon name="down" />{word}</span>;
  return <span class="stand"><Icon name={ICONS[kind]} />{file.contentType?.split(";")[0]}</span>;
}

/** How many results there are; the row names four files at most. */
function Count({ files }) {
  const results = files.filter((file) => !isPreview(file)).length;
  return results > 1 ? <span class="count">{results >= 4 ? "4+" : results}<span class="unseen"> files</span></span> : null;
}
