import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const INSTALLED = 'installed';

/** Stops, loudly, when this machine lacks Debian packages that a real system needs. A missing system is never skipped. */
export async function requireDebianPackages(system: string, packages: readonly string[]): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install --yes --no-install-recommends ${missing.join(' ')}`;
  throw new Error(
    `${system} CANNOT START: missing Debian packages: ${missing.join(', ')}. Install them as root (all that the systems ` +
      `tests need: .ci/install-systems):\n  ${command}`,
  );
}

async function missingPackages(packages: readonly string[]): Promise<readonly string[]> {
  const query = ['--show', '--showformat=${Package} ${db:Status-Status}\n', ...packages];
  // dpkg-query fails when it does not know one of the names, and still lists the others.
  const answer = await promisify(execFile)('dpkg-query', query).catch((error: unknown) => error);
  const listed =
    typeof answer === 'object' && answer !== null && 'stdout' in answer ? String(answer.stdout) : '';
  const installed = new Set(listed.split('\n').filter((line) => line.endsWith(` ${INSTALLED}`)));
  return packages.filter((name) => !installed.has(`${name} ${INSTALLED}`));
}
