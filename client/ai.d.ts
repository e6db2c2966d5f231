// The types of the AI SDK's adapter.
import type { HookOptions, HookVault, Waiting } from "./index.d.ts";

type Json = null | string | number | boolean | Json[] | { [name: string]: Json | undefined };

export interface WebhookOptions extends HookOptions, Waiting {
  /** `HOOK_TOKEN`: the provider gets it in the URL. */
  hookToken: string;
}

export interface Webhook {
  /** The URL for the provider. */
  url: string;
  /** Resolves when the job has ended, to what the queue's webhook says, with durable URLs. */
  received: Promise<{ headers: Record<string, string>; body: Json }>;
  /** The job's name for the client's methods. */
  job: string;
}

/** Makes what the option `webhook` of `experimental_generateVideo` returns. */
export function createWebhook(vault: HookVault, options: WebhookOptions): Webhook;
