// The conventional twin: what a TypeScript developer would write for the measured part of hookvault's contract.
// ../README.md lists what it leaves out.
import { worker } from "../parts/worker";

export { Catalog } from "./catalog";
export { Job } from "./job";

export default worker((c, delivery) => c.env.JOBS.getByName(delivery.id).deliver(delivery));
