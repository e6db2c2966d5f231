// The types of the verifier.
import { WebhookVerificationError } from "standardwebhooks";

export { WebhookVerificationError };

export interface Message {
  headers: Headers | Record<string, string | string[] | undefined>;
  /** The body as it came. */
  body: string | Uint8Array;
}

/** An event of a job, in the queue's own shape. */
export interface HandoffEvent {
  eventType?: string;
  jobId: string | number;
  [member: string]: unknown;
}

export interface Handoff {
  /** The message's id, the same for each try. */
  id: string;
  event: HandoffEvent;
  /** The body as it came, with numbers that JavaScript would round. */
  body: string;
}

/** Verifies a message of hookvault. Throws `WebhookVerificationError` if no secret has signed it. */
export function verifyHandoff(message: Request | Message, secrets: string | readonly string[]): Promise<Handoff>;
