import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that the page also works behind a path prefix.
  base: "./",
  build: {
    outDir: "../src/forebay/views/web/static",
    emptyOutDir: true,
    target: "es2022",
    // Everything stays a file of its own: a strict content policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // What is bundled may be passed on only with its licence.
    license: { fileName: "licenses.txt" },
  },
  server: {
    // `npm run dev` shows the sources live against a running `forebay up` or `make demo`.
    proxy: { "/api": "http://127.0.0.1:8480" },
  },
});
