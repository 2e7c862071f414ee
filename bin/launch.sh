# Runs $program of this clone. A shell chooses the Node, because an old one would cost a start of its own only to find the
# new one; `npm ci` brings that, and where it has none for the platform, the machine's own may do.
root=${self%/bin/*}
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=$(command -v node) || {
  echo "glidein: there is no Node.js here: install Node.js 20 or newer with npm, then run \"npm ci\" in $root" >&2
  exit 1
}
exec "$node" "$root/hack/launch.mjs" "$program" "$@"
