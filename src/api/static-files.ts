/** The console's built files, from one folder and never from outside it. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

import type { MiddlewareHandler } from 'hono';

import type { ApiEnv } from './api-env.ts';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.json', 'application/json'],
  ['.webmanifest', 'application/manifest+json'],
  ['.txt', 'text/plain; charset=utf-8'],
]);
const FILES_MAX = 2_000;
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Names that carry a hash of their content never mean anything else. */
const HASHED = /-[\w-]{8,}\.\w+$/;

interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

/**
 * Serves the folder as it was when this began: what a request names is only looked up among the files found then, so no
 * name can lead anywhere else. Every other address that a browser navigates to is the console's own and gets its page.
 */
export async function staticFiles(directory: string): Promise<MiddlewareHandler<ApiEnv>> {
  const files = await readFiles(directory);
  return async (context, next) => {
    const { method, path } = context.req;
    if ((method !== 'GET' && method !== 'HEAD') || path.startsWith('/api/')) {
      await next();
      return;
    }
    const file = files.get(path);
    if (file === undefined || file.type.startsWith('text/html')) {
      // What has an ending is a file that is not there; the rest are pages of the console.
      if (file === undefined && extname(path) !== '') {
        await next();
        return;
      }
      context.res = pageAnswer(files.get('/index.html'));
      return;
    }
    const { body, type, etag, cacheControl } = file;
    const isKnown = context.req.header('if-none-match') === etag;
    context.res = new Response(isKnown ? null : body, {
      status: isKnown ? 304 : 200,
      headers: { 'content-type': type, 'cache-control': cacheControl, etag },
    });
  };
}

function pageAnswer(page: StaticFile | undefined): Response {
  return new Response(page?.body ?? NOT_BUILT, {
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Trueup</title></head>
<body>
<h1>Trueup runs</h1>
<p>Its API is at <a href="/api/v1/openapi.json">/api/v1</a>. The console is not built yet: run
<code>npm run build</code>, then start Trueup again. Until then: <code>trueup status</code>.</p>
</body>
</html>
`;

/** Empty when there is no such folder. */
async function readFiles(directory: string): Promise<ReadonlyMap<string, StaticFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, StaticFile>();
  for (const entry of entries.slice(0, FILES_MAX)) {
    const type = TYPES.get(extname(entry.name));
    // A link could lead out of the folder.
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const body = new Uint8Array(await readFile(path));
    files.set(`/${relative(directory, path).split(sep).join('/')}`, {
      body,
      type,
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      cacheControl: HASHED.test(entry.name) ? FOR_EVER : 'no-cache',
    });
  }
  return files;
}
