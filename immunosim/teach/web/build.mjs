// Builds of the web sources: `node build.mjs site | engine | scenario | lessons [--out DIR]`.
//
// `site` writes ../site/explorer.js, explorer.css and SOURCES.sha256 (what the built files were made of: a test compares).
// The others write one ES module each (DIR/engine.mjs, ...) that node loads, for tests against the Python package; `site`
// writes them as well, into ../site/modules.
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

/**
 * The whole script stands in one named function: a worker is started from its text, as from file:// no worker file can be
 * loaded, and so nothing is in the page twice.
 */
function inOneFunction() {
  return {
    name: "in-one-function",
    generateBundle(_options, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === "chunk") part.code = `function immunosimExplorer(){${part.code}}immunosimExplorer();\n`;
      }
    },
  };
}

async function buildSite(out) {
  const { build } = await import("vite");
  await build({
    root: HERE, configFile: false, logLevel: "warn", publicDir: false,
    define: { "process.env.NODE_ENV": '"production"' },
    esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none", charset: "utf8" },
    plugins: [inOneFunction()],
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
if (what === "site") {
  await buildSite(given ?? SITE);
  for (const name of Object.keys(MODULES)) await buildModule(name, join(given ?? SITE, "modules"));
}
else if (what === "hash") console.log(hashOfSources());
else if (what in MODULES) await buildModule(what, given ?? join(HERE, "dist"));
else throw new Error(`unknown build "${what}": site, hash or one of ${Object.keys(MODULES).join(", ")}`);
