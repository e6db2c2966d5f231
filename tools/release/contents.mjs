// The texts in the folder that deploys without Rust.

const BUTTON = "https://deploy.workers.cloudflare.com";
/** The packages that wrangler needs and that run a script when they are installed. */
const WITH_SCRIPTS = ["esbuild", "workerd"];

/** Returns `wrangler.toml` without its build, because the folder holds what that makes. */
export function configuration(text) {
  const without = text.replace(/^\[build\]\n(?:[^\n[].*\n)*\n?/m, "");
  if (without === text || /^\[build\]/m.test(without)) throw new Error("wrangler.toml has no [build] of the expected form");
  return without;
}

/** Returns the folder's package.json: of all dependencies wrangler alone, in the tested version. */
export function manifest({ name, version, description, license, type, cloudflare, dependencies, allowScripts }) {
  return {
    name, version, private: true, description, license, type,
    engines: { node: ">=22.0.0" },
    scripts: { deploy: "wrangler deploy" },
    cloudflare,
    devDependencies: { wrangler: dependencies.wrangler },
    allowScripts: Object.fromEntries(WITH_SCRIPTS.filter((one) => allowScripts[one]).map((one) => [one, true])),
  };
}

/** Returns the folder's README. Without a repository it has no button and no link. */
export function readme({ version, repository }) {
  const home = repository && `https://github.com/${repository}`;
  const button = home && `[![Deploy to Cloudflare](${BUTTON}/button)](${BUTTON}/?url=${home}/tree/release)\n`;
  const more = home ? `All else is in the [source's README](${home}#readme) and its [page on deployments](${home}/blob/main/docs/deploy.md).`
    : "All else is in the README of the source, and in its docs/deploy.md.";
  return `# hookvault ${version}, built

This folder deploys hookvault to Cloudflare without Rust. \`npm run release\` made it from the source.
${button ? `\n${button}` : ""}
You need Node 22 or newer, and R2 switched on in your Cloudflare account. Make the two tokens by \`openssl rand -hex 24\`:

\`\`\`sh
npm ci
npx wrangler deploy
npx wrangler secret put HOOK_TOKEN
npx wrangler secret put API_TOKEN
\`\`\`

It was tested with \`wrangler deploy --dry-run\` alone, and never against a Cloudflare account. ${more}
`;
}
