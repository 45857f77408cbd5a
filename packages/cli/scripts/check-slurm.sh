#!/usr/bin/env bash
# Runs examples/slurm on a Slurm of one node, which it starts and ends, and compares the table with that of one machine:
#
#     apt-get install slurm-wlm munge
#     npm run build && packages/cli/scripts/check-slurm.sh
#
# As root, on a machine that runs no Slurm. Needs no systemd. TRIALS=100 by default.
set -euo pipefail
cli=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
chmod 755 "$folder"
mkdir -p "$folder"/{bin,state,spool,work}
name=$(hostname -s)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap finish EXIT

cat >"$folder/slurm.conf" <<END
ClusterName=mini
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/c.pid
SlurmdPidFile=$folder/d.pid
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
NodeName=$name NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=$name Default=YES State=UP
END
export SLURM_CONF=$folder/slurm.conf

# Processes of Slurm trust each other by munge.
[ -e /etc/munge/munge.key ] || mungekey --create
mkdir -p /run/munge && chown munge:munge /run/munge
if ! munge -n >/dev/null 2>&1; then
  setpriv --reuid=munge --regid=munge --clear-groups munged --foreground >"$folder/munge.log" 2>&1 &
  started+=($!)
fi
slurmctld -D >"$folder/controller.log" 2>&1 &
started+=($!)
slurmd -D -N "$name" >"$folder/node.log" 2>&1 &
started+=($!)
for _ in $(seq 100); do
  sinfo --noheader --format=%t 2>/dev/null | grep -q idle && break
  sleep 0.5
done
sinfo

ln -s "$cli/bin/wasm-mlp.mjs" "$folder/bin/wasm-mlp"
export PATH=$folder/bin:$PATH
cd "$folder/work"
node -e '
  const rows = Array.from({ length: 60 }, (_, i) => [1 + (i % 3) + ((i * 7) % 10) / 10, 2 + ((i * 3) % 8) / 4, "abc"[i % 3]].join());
  require("fs").writeFileSync("flowers.csv", `length,width,kind\n${rows.join("\n")}\n`);'
trials=${TRIALS:-100}
sweep=(flowers.csv --target kind --epochs 20 --folds 2 --quiet)
for further in "" "--halving"; do
  # shellcheck disable=SC2086
  wasm-mlp sweep "${sweep[@]}" $further --trials "$trials" >one.txt
  # shellcheck disable=SC2086
  "$cli/examples/slurm/submit.sh" "$trials" "results$further" "${sweep[@]}" $further | grep -v '^Submitted' >slurm.txt
  cmp one.txt slurm.txt
  echo "The same table as on one machine${further:+, with $further}: $(grep -A1 '^Hash' slurm.txt | tail -1)"
done
