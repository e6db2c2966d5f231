// The tokens of a local vault.
export const HOOK_TOKEN = "test-hook-token-0123456789";
export const API_TOKEN = "test-api-token-0123456789";
