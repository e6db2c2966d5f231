// The built Worker in front of jobs' objects of the build before, which don't know how to render.
import * as built from "../../../../build/index.js";

export default built.default;
export const Catalog = built.Catalog;

export class Job extends built.Job {
  async ask(command) {
    return /"Render"\]/.test(command) ? new Error("reading a command: unknown variant `Render`") : super.ask(command);
  }
}
