import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `npm run console:build` puts the browser console where the API serves it from; `npm run console:dev` rebuilds as you type. */
export default defineConfig({
  root: folder('src/console'),
  base: '/',
  plugins: [react()],
  build: {
    outDir: folder('dist/console'),
    emptyOutDir: true,
    target: 'es2023',
    // Which file belongs to which page, for the gate on the size of the first load.
    manifest: 'manifest.json',
    // A data: address would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: { '/api': process.env['TRUEUP_API'] ?? 'http://127.0.0.1:8484' },
  },
});
