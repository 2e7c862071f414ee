/** HTCondor's names of processors, by Node's and by Kubernetes' names. */
const names: Readonly<Record<string, string>> = { x64: 'X86_64', amd64: 'X86_64', arm64: 'AARCH64' };

/** The attribute `Arch` of a machine whose processor Node or Kubernetes calls `arch`. Unlisted names stay as they are. */
export function architecture(arch: string): string {
  return names[arch] ?? arch;
}
