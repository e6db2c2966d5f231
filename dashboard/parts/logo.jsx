// The name, which links to the wall.
import { href } from "../lib/route.js";

export function Logo() {
  return (
    <a class="logo" href={href("")}>
      <img src="/dashboard/icon.svg" alt="" width="24" height="24" />hookvault
    </a>
  );
}
