// The job's outputs: players and pictures, one at a time, with all others below to choose from.
import { useState } from "preact/hooks";
import { bytes } from "../lib/format.js";
import { isPreview, kindOf, local } from "../lib/media.js";
import { whyNotYet } from "../lib/standing.js";
import { Download } from "./download.jsx";
import { Icon } from "./icon.jsx";
import { Player } from "./player.jsx";
import { Zoom } from "./zoom.jsx";

export function Gallery({ files, job }) {
  const outputs = files.filter((file) => !isPreview(file));
  const results = outputs.length > 0 ? outputs : files;
  const [chosen, setChosen] = useState(null);
  const shown = results.find(({ n }) => n === chosen) ?? results.find(canBeSeen) ?? results[0];
  if (!shown) return job.status === "completed" && job.archive === "none" ? <p class="hint">The result has no files.</p> : null;
  return (
    <section class="gallery" aria-label="Outputs">
      <Stage key={shown.n} file={shown} previews={files.filter((file) => isPreview(file) && file.state === "stored")} />
      {results.length > 1 && (
        <ul class="thumbs">
          {results.map((file) => (
            <li key={file.n}>
              <button type="button" aria-pressed={file === shown} onClick={() => setChosen(file.n)} title={file.name}>
                <Thumb file={file} /><span class="unseen">File {file.n}: {file.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const canBeSeen = (file) => file.state === "stored" && kindOf(file) !== "other";

function Thumb({ file }) {
  const kind = kindOf(file);
  const src = file.state === "stored" && local(file.url);
  if (src && kind === "image") return <img src={src} alt="" loading="lazy" decoding="async" />;
  if (src && kind === "video") return <video src={`${src}#t=0.1`} muted playsInline preload="metadata" tabIndex={-1} />;
  return <Icon name={file.state === "lost" ? "lost" : kind === "audio" ? "sound" : "file"} />;
}

function Stage({ file, previews }) {
  const src = local(file.url);
  if (file.state === "lost") return <Note icon="lost">This file is lost: {file.error ?? "its source is gone"}</Note>;
  const why = whyNotYet(file);
  if (why) return <Note icon="lost">This file is not copied yet: {why}</Note>;
  if (file.state === "pending") {
    const link = <a href={src} target="_blank" rel="noreferrer">Show it from its source</a>;
    return <Note icon="down">This file is being copied. {link}</Note>;
  }
  const kind = kindOf(file);
  if (!src || kind === "other") {
    const what = `${file.contentType ?? "Unknown type"}, ${bytes(file.size)}`;
    return <Note icon="file">{what}: not shown here. <Download src={src} /></Note>;
  }
  if (kind === "image") return <Zoom src={src} name={file.name} />;
  if (kind === "audio") return <Sound src={src} name={file.name} />;
  return <Player src={src} name={file.name} previews={previews} />;
}

const Sound = ({ src, name }) => (
  <div class="stage sound"><Icon name="sound" /><audio src={src} controls preload="metadata" aria-label={name} /></div>
);

const Note = ({ icon, children }) => <div class="stage note"><Icon name={icon} /><p>{children}</p></div>;
