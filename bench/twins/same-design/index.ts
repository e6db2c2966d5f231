// The twin of the same design: hookvault's calls and writes, in TypeScript. ../README.md lists what it leaves out.
import { worker } from "../parts/worker";
import type { Taken } from "./job";
import { tell } from "./tell";

export { Catalog } from "./catalog";
export { Job } from "./job";

export default worker(async (c, delivery) => {
  const { answer, day, row }: Taken = await c.env.JOBS.getByName(delivery.id).deliver(delivery);
  if (row !== null) tell(c, day, row);
  return answer;
});
