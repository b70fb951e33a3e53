/**
 * Whether a system calls itself Debian or like it.
 * @param osRelease text of /etc/os-release (os-release(5): `ID`, and `ID_LIKE` for relatives)
 */
export function isDebianLike(osRelease: string): boolean {
  const values = new Map<string, string>();
  for (const line of osRelease.split('\n')) {
    const match = /^(\w+)=(["']?)(.*)\2$/.exec(line.trim());
    if (match?.[1] !== undefined && match[3] !== undefined) values.set(match[1], match[3]);
  }
  const names = `${values.get('ID') ?? ''} ${values.get('ID_LIKE') ?? ''}`.split(' ');
  return names.includes('debian') || names.includes('ubuntu');
}
