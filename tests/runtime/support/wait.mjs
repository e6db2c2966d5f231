// Waiting for what must come true, as the tools do it.
export { eventually } from "../../../tools/workerd/wait.mjs";
