# What helm test runs: a job through the pool. Fails with what keeps the job from running.
set -u
deadline=$(( $(date +%s) + TIMEOUT_SECONDS ))
in_time() { [ "$(date +%s)" -lt "$deadline" ]; }
fail() { echo "FAILED: $*"; exit 1; }

echo "The pool $POOL_NAMESPACE/$POOL_NAME, $GLIDEIN_POOL"
until [ -s "$NODE_EXTRA_CA_CERTS" ]; do
  in_time || fail "there is no ConfigMap $POOL_NAME-pool-ca: either there is no GlideinPool $POOL_NAME, or the operator does not serve" \
    "the namespace $POOL_NAMESPACE. Try: kubectl --namespace $POOL_NAMESPACE describe glideinpool $POOL_NAME"
  sleep 1
done
until glidein q >/tmp/answer 2>&1; do
  in_time || fail "the pool does not answer: $(cat /tmp/answer). Try: kubectl --namespace $POOL_NAMESPACE describe glideinpool $POOL_NAME"
  sleep 1
done

word="a job of helm test has run"
jobs=$(glidein submit --terse - <<END
executable = /bin/sh
arguments = "-c 'echo $word'"
transfer_executable = false
container_image = $CONTAINER_IMAGE
request_memory = 64 MB
request_disk = 10 MB
$SUBMIT_LINES
queue
END
) || fail "the job was not accepted"
job=${jobs%% *}
# The pod may be deleted meanwhile; nobody else knows of the job.
trap 'glidein rm "$job"; fail "the test was stopped"' TERM
echo "The job $job waits for a slot."

# Of HTCondor: 1 idle, 2 running, 3 removed, 4 completed, 5 held.
state=1
until [ "$state" = 3 ] || [ "$state" = 4 ] || [ "$state" = 5 ] || ! in_time; do
  sleep 1
  state=$(glidein history "$job" -o json | sed -n 's/.*"JobStatus": *"\([0-9]\)".*/\1/p')
done
[ "$state" != 3 ] || fail "somebody has removed the job $job"
if [ "$state" != 4 ]; then
  glidein why "$job"
  glidein rm "$job"
  in_time || fail "the job $job has not ended within $TIMEOUT_SECONDS s; above is why"
  fail "the job $job was held; above is why"
fi
output=$(glidein logs "$job")
echo "$output"
case $output in
  *"$word"*) echo "PASSED: the job $job came back with its output" ;;
  *) glidein logs "$job" --err; glidein history "$job"; fail "the job $job has ended without its output" ;;
esac
