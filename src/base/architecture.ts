/** The names of processors as HTCondor writes them, by Node's and by Kubernetes'; one that is not listed keeps its own. */
const names: Readonly<Record<string, string>> = { x64: 'X86_64', amd64: 'X86_64', arm64: 'AARCH64' };

/** `Arch` of the machine whose processor Node or Kubernetes calls `arch`. */
export function architecture(arch: string): string {
  return names[arch] ?? arch;
}
