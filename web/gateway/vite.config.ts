import { defineConfig } from "vite";

// Run from web/ by `npm run build:gateway`; paths are relative to the root below.
export default defineConfig({
  root: "gateway",
  publicDir: "../public",
  base: "./",
  build: {
    outDir: "../../src/forebay/emulator/static",
    emptyOutDir: true,
    target: "es2022",
    // Everything stays a file of its own: the content policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // What is bundled may be passed on only with its licence.
    license: { fileName: "licenses.txt" },
  },
  server: {
    // `npm run dev -- --config gateway/vite.config.ts` shows the sources against a running `forebay emulate`.
    proxy: {
      "/api": { target: "https://127.0.0.1:8443", secure: false },
      "/page.json": { target: "https://127.0.0.1:8443", secure: false },
    },
  },
});
