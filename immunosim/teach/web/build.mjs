// Builds of the web sources: `node build.mjs site | engine | scenario | lessons [--out DIR]`.
//
// `site` writes ../site/explorer.js, explorer.css and SOURCES.sha256 (what the built files were made of: a test compares).
// The others write one ES module each (DIR/engine.mjs, ...) that node loads, for tests against the Python package.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const SITE = resolve(HERE, "../site");
const MODULES = {
  engine: "src/engine/index.ts",
  scenario: "src/scenario/index.ts",
  lessons: "src/lessons/index.ts",
};
const HASHED = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src"];

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesUnder(join(path, name)));
}

/** SHA-256 over "path NUL text NUL" of every source, sorted by path. */
function hashOfSources() {
  const names = HASHED.flatMap((name) => filesUnder(join(HERE, name)));
  const paths = names.map((path) => relative(HERE, path).replaceAll("\\", "/")).sort();
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`${path}\0${readFileSync(join(HERE, path), "utf8")}\0`);
  return hash.digest("hex");
}

/** `import text from "virtual:worker"` is the source of the worker: from file:// a worker can only be started from a blob. */
function workerAsText() {
  const name = "virtual:worker";
  return {
    name: "worker-as-text",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const built = await esbuild({
        entryPoints: [join(HERE, "src/worker.ts")],
        bundle: true, minify: true, write: false, format: "iife", target: "es2022", legalComments: "none",
      });
      return `export default ${JSON.stringify(built.outputFiles[0].text)};`;
    },
  };
}

async function buildSite(out) {
  const { build } = await import("vite");
  await build({
    root: HERE, configFile: false, logLevel: "warn", publicDir: false,
    define: { "process.env.NODE_ENV": '"production"' },
    esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
    plugins: [workerAsText()],
    build: {
      outDir: out, emptyOutDir: false, target: "es2022", minify: "esbuild", cssMinify: "esbuild", sourcemap: false,
      lib: {
        entry: join(HERE, "src/main.tsx"), formats: ["iife"], name: "ImmunosimExplorer",
        fileName: () => "explorer.js", cssFileName: "explorer",
      },
    },
  });
  writeFileSync(join(out, "SOURCES.sha256"), `${hashOfSources()}\n`);
}

async function buildModule(name, out) {
  mkdirSync(out, { recursive: true });
  const target = join(out, `${name}.mjs`);
  rmSync(target, { force: true });
  await esbuild({
    entryPoints: [join(HERE, MODULES[name])], outfile: target,
    bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"], target: "es2022",
    jsx: "automatic", jsxImportSource: "preact",
  });
  console.log(target);
}

const [what = "site", ...rest] = process.argv.slice(2);
const given = rest[0] === "--out" ? resolve(rest[1]) : undefined;
if (what === "site") await buildSite(given ?? SITE);
else if (what === "hash") console.log(hashOfSources());
else if (what in MODULES) await buildModule(what, given ?? join(HERE, "dist"));
else throw new Error(`unknown build "${what}": site, hash or one of ${Object.keys(MODULES).join(", ")}`);
