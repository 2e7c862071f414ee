import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A plug-in for test:// URLs. `test://store/NAME` is a file in a folder beside it. With other hosts it fails in as many ways as programs
 * do. It writes down what it was told in `told`.
 */
const script = `#!/bin/sh
here=\${0%/*}
if [ "$1" = -classad ]; then
  echo 'MultipleFileSupport = true'
  echo 'PluginVersion = "1.0"'
  echo 'PluginType = "FileTransfer"'
  echo 'SupportedMethods = "test,Other"'
  exit 0
fi
upload=
while [ $# -gt 0 ]; do
  case $1 in
    -infile) question=$2; shift ;;
    -outfile) answer=$2; shift ;;
    -upload) upload=1 ;;
  esac
  shift
done
{ env; cat "$_CONDOR_JOB_AD" "$X509_USER_PROXY"; } >>"$here/told" 2>/dev/null
: >"$answer"
code=0
say() { printf '[ TransferUrl = "%s"; %s ]' "$url" "$1" >>"$answer"; }
fail() { say "TransferSuccess = false; TransferError = \\"$1\\"$2"; code=1; }
while read -r line; do
  path=\${line#*LocalFileName = \\"}; path=\${path%%\\"*}
  url=\${line#*Url = \\"}; url=\${url%%\\"*}
  name=\${url##*/}
  case $url in
    test://store/*)
      mkdir -p "$here/store"
      if [ "$upload" ]; then cp "$path" "$here/store/$name"; else cp -r "$here/store/$name" "$path"; fi 2>/dev/null &&
        say 'TransferSuccess = true' || fail "there is no $url" '; TransferErrorData = { [ ErrorType = "Contact" ], [ ErrorType = "Specification" ] }' ;;
    test://later/*)
      echo >>"$here/tries"
      if [ "$(wc -l <"$here/tries")" -lt 3 ]; then : >"$path"; fail busy '; TransferRetryable = true'
      else echo late >"$path"; say 'TransferSuccess = true'; fi ;;
    test://silent/*) exit 0 ;;
    test://broken/*) echo 'no module named xrootd' >&2; exit 3 ;;
    test://slow/*) sleep 600 ;;
    test://many/*) for one in 1 2 3 4 5 6 7 8 9 10; do sleep 600 & done; sleep 600 ;;
    test://large/*) [ "$upload" ] && exit 4; while :; do head -c 1000000 /dev/zero >>"$path"; sleep 0.01; done ;;
    test://daemon/*) setsid sh -c 'sleep 601' >/dev/null 2>&1 & sleep 0.3; echo x >"$path"; say 'TransferSuccess = true' ;;
  esac
done <"$question"
exit $code
`;

/** The same protocol for one file at a time, which older plug-ins speak. */
const oldScript = `#!/bin/sh
if [ "$1" = -classad ]; then printf 'PluginType = "FileTransfer"\\nSupportedMethods = "old"\\n'; exit 0; fi
case $1 in
  old://none/*) echo 'nothing there' >&2; exit 9 ;;
  old://*) echo "from $1" >"$2" ;;
  *) cp "$1" "\${0%/*}/sent-\${2##*/}" ;;
esac
`;

/** Writes the plug-ins into a new folder. */
export async function testPlugIns(
  folder: string,
): Promise<{ readonly program: string; readonly old: string }> {
  const programs = { program: join(folder, 'test_plugin'), old: join(folder, 'old_plugin') };
  await mkdir(join(folder, 'store'), { recursive: true });
  await writeFile(programs.program, script);
  await writeFile(programs.old, oldScript);
  for (const path of Object.values(programs)) await chmod(path, 0o755);
  return programs;
}
