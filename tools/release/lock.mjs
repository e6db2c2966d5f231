// Takes one package with all that it needs out of package-lock.json, so that a release installs the tested versions.

/**
 * Returns the lock of a project that depends on the packages of this manifest only.
 *
 * @param {object} lock the whole project's, of version 3
 * @param {object} manifest a package.json whose dependencies are in the lock
 */
export function pruned(lock, manifest) {
  const { name, version, license, engines, devDependencies } = manifest;
  const kept = new Set();
  const queue = Object.keys(devDependencies).map((wanted) => find(lock, "", wanted));
  for (let path = queue.pop(); path; path = queue.pop()) {
    if (kept.has(path)) continue;
    kept.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = lock.packages[path];
    const needed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    queue.push(...needed.map((one) => find(lock, path, one)).filter(Boolean));
  }
  const packages = Object.fromEntries([...kept].sort().map((path) => [path, lock.packages[path]]));
  const own = { name, version, license, devDependencies, engines };
  return { name, version, lockfileVersion: lock.lockfileVersion, requires: true, packages: { "": own, ...packages } };
}

// Looks where Node looks: in the package's own node_modules, then in those above it.
function find({ packages }, from, wanted) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const path = `${folder}${folder && "/"}node_modules/${wanted}`;
    if (packages[path]) return path;
    if (!folder) return undefined;
  }
}
