// The folder that files are stored in. Nothing is written outside of it: below it no symbolic link is followed.
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../tools/setup/run.mjs";
import { plain } from "../../tools/setup/terminal.mjs";
import { onDisk } from "./errors.mjs";

/** Windows has no such flag, and lets few users make links. */
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const MODE = 0o666;

const absent = (error) => {
  if (error.code !== "ENOENT") throw error;
};

export class Folder {
  /** The path without links. */
  path;

  constructor(path) {
    this.path = path;
  }

  /** Opens a folder, and makes it if it does not exist. It may be a link itself. */
  static open(path) {
    return onDisk(path, async () => {
      await mkdir(path, { recursive: true });
      return new Folder(await realpath(path));
    });
  }

  /** Returns the path of a folder in it, and makes that if it does not exist. */
  inside(name) {
    const path = join(this.path, name);
    return onDisk(path, async () => {
      await mkdir(path).catch((error) => {
        if (error.code !== "EEXIST") throw error;
      });
      const found = await lstat(path);
      if (found.isSymbolicLink()) throw linked(path);
      if (!found.isDirectory()) throw new Failure(`${plain(path)} is not a folder: delete it, or choose another one with --to`);
      return path;
    });
  }
}

const linked = (path) => new Failure(`${plain(path)} is a symbolic link, and none is followed here: delete it, or choose another folder with --to`);

/** Returns what is known of a plain file; undefined if nothing has this name. */
export const look = (path) => onDisk(path, async () => {
  const found = await lstat(path).catch(absent);
  if (found?.isSymbolicLink()) throw linked(path);
  if (found && !found.isFile()) throw new Failure(`${plain(path)} is not a file: delete it, or choose another folder with --to`);
  return found;
});

/** Opens a file to read it. */
export const openToRead = (path) => onDisk(path, () => open(path, constants.O_RDONLY | NOFOLLOW));

/** Opens an unfinished file, or makes it. */
export const openToWrite = (path) => onDisk(path, async () => {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | NOFOLLOW, MODE);
  const { nlink } = await handle.stat();
  // A second name of the same file could be anywhere.
  if (nlink === 1) return handle;
  await handle.close();
  throw new Failure(`${plain(path)} has another name elsewhere: delete it`);
});

/** Deletes the files of a folder whose names begin with `prefix`, except one. */
export const sweep = (folder, prefix, kept) => onDisk(folder, async () => {
  const old = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name !== kept);
  for (const name of old) await unlink(join(folder, name)).catch(absent);
});

/** Gives a finished file its name. Then a crash of the machine leaves the whole file, or the unfinished one. */
export const settle = (folder, from, to) => onDisk(to, async () => {
  await look(to);
  await rename(from, to);
  // Windows can't open a folder, and needs no such step.
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
});
