#!/usr/bin/env node
// The command `hookvault`. This file runs in old Nodes too, so that it can name the one that is needed.

const NEEDED = [22, 12];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(`hookvault needs Node ${NEEDED.join(".")} or newer; this is ${process.version}. Install it from https://nodejs.org, then run this again.\n`);
  process.exitCode = 2;
} else {
  import("./program.mjs").then(({ run }) => run(process.argv.slice(2)));
}
