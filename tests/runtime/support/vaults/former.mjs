// A vault of today over the storage that a former release has written.
import { readFixture, restore } from "../../../../tools/upgrade/fixture.mjs";
import { Outside } from "../../../../tools/upgrade/outside.mjs";
import { VARS } from "../../../../tools/upgrade/scenario.mjs";
import { inRoot } from "../../../../tools/setup/project.mjs";
import { startVault } from "../vault.mjs";

/** The release that wrote the fixture. */
export const COMMIT = "e7c887d";
const FIXTURE = inRoot(`tests/runtime/upgrade/${COMMIT}.txt`);

/**
 * @param {object} options
 * @param {number} options.daysAgo how many whole days ago the storage was written, as the vault sees it
 * @param {boolean} [options.alarms] `false` sets no alarm
 * @param {object} [options.vars] added to those that the release had
 */
export async function startFormer({ daysAgo, alarms, vars = {} }) {
  const outside = new Outside();
  const { told, asThen, storage } = readFixture(FIXTURE, { daysAgo });
  let dir;
  const change = (options) => {
    dir = options.defaultPersistRoot;
    return outside.change(options);
  };
  const vault = await startVault({ vars: { ...VARS, ...vars }, change });
  vault.leaveWork();
  await restore(vault, dir, storage, { alarms });
  return { vault, outside, told, asThen };
}
