// Replaces what differs from run to run: times, ids, tokens, addresses.

const HEX = "0123456789abcdef0123456789abcdef";

/** Returns a text that is the same in every run. */
export const masked = (text) => text
  .replaceAll(/\bgw-[0-9a-f]{32}\b/g, `gw-${HEX}`)
  .replaceAll(/\bmsg_[0-9a-f]{32}\b/g, `msg_${HEX}`)
  .replaceAll(/\b(?=\w*\d)[a-z0-9]{20}(?=["_/' ]|$)/g, "rn5r12q9pdu6yvb3nxty")
  .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "https://prod-batch-files.example")
  .replaceAll(/127\.0\.0\.1(:\d+)?/g, "prod-batch-files.example")
  .replaceAll(/\/[0-9a-f]{32}\//g, `/${HEX}/`)
  .replaceAll(/X-Amz-Date=\w+&X-Amz-Expires=\d+&X-Amz-Signature=\w+/g, "X-Amz-Date=…")
  .replaceAll(/"ticket":"[^"]+"/g, '"ticket":"eyJzY29wZSI6Impv….qA3x…"')
  .replaceAll(/\b17\d{11}(?=-[0-9a-f]{16})/g, "1766868000000")
  .replaceAll(/1766868000000-[0-9a-f]{16}/g, "1766868000000-0123456789abcdef")
  .replaceAll(/\b1(?:7[7-9]|8)\d{10,11}\b/g, "1766868000000")
  .replaceAll(/r_selftest-[0-9a-f]{32}\.[0-9a-f]{32}/g, `r_selftest-${HEX}.${HEX}`)
  .replaceAll(/selftest-[0-9a-f]{32}/g, `selftest-${HEX}`)
  .replaceAll(/"ms":\d+/g, '"ms":12').replaceAll(/last, \d+ \w+ ago/g, "last, 2 min ago")
  .replaceAll(/"slackMs":\d+/g, '"slackMs":7198000')
  .replaceAll(/slack_seconds [\d.]+/g, "slack_seconds 7198.000")
  .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, "Sat, 27 Dec 2025 20:40:00 GMT");
