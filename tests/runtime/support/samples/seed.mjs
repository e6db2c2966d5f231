// The two bodies of the upstream's webhook documentation, verbatim.

export const ACQUIRED = `{
  "eventType": "acquired",
  "queueName": "free",
  "jobId": 437852,
  "workerName": "k8s_pipelet-v2-batch-premium-worker-559f48bc58-lz862_203.168.252.2_251227090447_ojfl",
  "leaseExpiry": 1766867867109,
  "acquiredAt": 1766867822109,
  "updatedAt": 1766867822109,
  "webhookUrl": "https://echo.hetzner1.pipelet.ai/"
}`;

export const COMPLETED = `{
  "eventType": "completed",
  "video": {
    "data_uri": "https://prod-batch-files.ae2b0858dbcfcff39cc58bac85b7c66d.r2.cloudflarestorage.com/outputs/free/437852_0_WanVideo2_2_I2V_00150.mp4?X-Amz-Expires=7200&X-Amz-Date=20251227T203935Z&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=0c9db542c165ecde3eae49725be07d03%2F20251227%2Fauto%2Fs3%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=94e8e3d507137daa9e1dc4fac8319e7c58d3a5db635faac00f35dd0dba7ebb71",
    "data_url": "https://prod-batch-files.ae2b0858dbcfcff39cc58bac85b7c66d.r2.cloudflarestorage.com/outputs/free/437852_0_WanVideo2_2_I2V_00150.mp4?X-Amz-Expires=7200&X-Amz-Date=20251227T203935Z&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=0c9db542c165ecde3eae49725be07d03%2F20251227%2Fauto%2Fs3%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=94e8e3d507137daa9e1dc4fac8319e7c58d3a5db635faac00f35dd0dba7ebb71"
  }
}`;

export const SOURCE_HOST =
  "prod-batch-files.ae2b0858dbcfcff39cc58bac85b7c66d.r2.cloudflarestorage.com";
