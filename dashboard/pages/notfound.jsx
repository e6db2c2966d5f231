import { href } from "../lib/route.js";

export function NotFound() {
  return (
    <section class="page narrow">
      <h1>Page not found</h1>
      <p><a href={href("")}>To the jobs</a></p>
    </section>
  );
}
