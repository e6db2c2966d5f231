// Saves a file under its own name, without showing it.
import { Icon } from "./icon.jsx";

export function Download({ src }) {
  if (!src) return null;
  return <a class="button" href={`${src}?download`} download><Icon name="down" />Download</a>;
}
