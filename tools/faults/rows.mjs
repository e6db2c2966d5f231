// All rows of the table, by kind.
import { crossings } from "./rows/crossings.mjs";
import { deletions } from "./rows/deletions.mjs";
import { kills } from "./rows/kills.mjs";
import { largeRows } from "./rows/large.mjs";
import { sources } from "./rows/sources.mjs";
import { stores } from "./rows/stores.mjs";
import { untoldRows } from "./rows/untold.mjs";
import { webhookRows } from "./rows/webhooks.mjs";

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {object} rig what `startRig` takes
 * @property {boolean} [lasts] the fault stays until after the restart
 * @property {(rig: object, count: number) => Promise<void>} play submits the jobs, and makes the fault strike them
 */

/** @type {Row[]} */
export const ROWS = [...kills, ...largeRows, ...untoldRows, ...sources, ...webhookRows, ...stores, ...deletions, ...crossings];

const QUICK = [
  "kill -9 right after the ack",
  "kill -9 amid deliveries",
  "kill -9 at 50 % of a copy",
  "kill -9 between the R2 put and the record",
  "kill -9 before a delivery is written",
  "kill -9 on a written delivery, before the ack",
  "kill -9 after the ack, before the list hears",
  "kill -9 at 50 % of a large body",
  "kill -9 between a large body in R2 and whose it is",
  "kill -9 before KV",
  "kill -9 before the catalog",
  "kill -9 in a multipart upload",
  "source answers 500 three times",
  "source truncates",
  "source lies about its length",
  "result names a host that is not allowed",
  "source URL expires before the first try",
  "completed lost",
  "all webhooks lost but imported",
  "webhooks in every order",
  "each webhook ten times at once",
  "R2 puts fail twice",
  "KV never answers, more is delivered",
  "deleted before the catalog hears",
  "sums pulled between word and change",
  "a viewer comes back amid changes",
];

/** The rows of `npm test`: one or two of each kind, all quick ones. */
export const SHORT = QUICK.map((name) => ROWS.find((row) => row.name === name));
