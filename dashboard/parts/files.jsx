// Each file with what is known about it.
import { useNow } from "../lib/clock.js";
import { bytes, duration } from "../lib/format.js";
import { isPreview, local } from "../lib/media.js";
import { whyNotYet } from "../lib/standing.js";
import { Copy } from "./copy.jsx";
import { Fact } from "./facts.jsx";
import { Icon } from "./icon.jsx";
import { State } from "./state.jsx";
import { End } from "./timers.jsx";

export function Files({ job: { files, completedAt } }) {
  if (files.length === 0) return null;
  const previews = files.filter(isPreview);
  const results = files.filter((file) => !isPreview(file));
  return (
    <section class="block files">
      <h2>Files</h2>
      {results.map((file) => <File key={file.n} file={file} since={completedAt} />)}
      {previews.length > 0 && (
        <details>
          <summary>{previews.length} {previews.length === 1 ? "preview" : "previews"}</summary>
          {previews.map((file) => <File key={file.n} file={file} since={completedAt} />)}
        </details>
      )}
    </section>
  );
}

function File({ file, since }) {
  const now = useNow();
  const src = local(file.url);
  return (
    <div class="file">
      <div class="line"><strong title={file.name}>{file.name}</strong><State of={file.state} kind="archive" /></div>
      <dl>
        <Fact name="Type">{file.contentType}</Fact>
        <Fact name="Size">{file.size !== null && <span title={`${file.size} bytes`}>{bytes(file.size)}</span>}</Fact>
        <Fact name="Slack">{file.slackMs !== null && `${duration(file.slackMs)} were left`}</Fact>
        <Fact name="Checked">{file.verified === null ? null : file.verified ? "by the source's MD5" : "by its length"}</Fact>
        <Fact name="From">{file.sourceHost}</Fact>
        <Fact name="Tries">{file.attempts > 1 && file.attempts}</Fact>
        <Fact name="Trouble">{file.error}</Fact>
        <Fact name="URL">
          {file.state === "pending" && file.expiresAt && <End now={now} since={since} end={file.expiresAt} />}
        </Fact>
      </dl>
      {file.state !== "lost" && <div class="row">
        <Copy text={file.url} label={`the link to ${file.name}`}>Link</Copy>
        <Copy text={`curl -OJ '${file.url}'`} label={`the curl of ${file.name}`}>curl</Copy>
        {src && !whyNotYet(file) && (
          <a class="button" href={`${src}?download`} download aria-label={`Save ${file.name}`}><Icon name="down" />Save</a>
        )}
      </div>}
    </div>
  );
}
