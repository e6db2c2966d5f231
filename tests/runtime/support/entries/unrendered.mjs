// The built Worker before job objects of the build before, which do not know the command `Render`.
import * as built from "../../../../build/index.js";

export default built.default;
export const Catalog = built.Catalog;

export class Job extends built.Job {
  async ask(command) {
    return /"Render"\]/.test(command) ? new Error("reading a command: unknown variant `Render`") : super.ask(command);
  }
}
