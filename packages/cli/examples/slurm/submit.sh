#!/usr/bin/env bash
# A sweep as arrays of Slurm: one for each rung, and one more for trials that were lost. Run it where sbatch is, in a
# folder that all nodes have:
#
#     submit.sh 100 results/ houses.csv --target price --halving
#
# First the number of trials, then a folder for the results, then the table and the options of wasm-mlp sweep. Slurm
# allows arrays of 1,000 tasks unless MaxArraySize is set higher. To limit how many run at once: AT_ONCE=20 submit.sh …
set -euo pipefail
trials=$1 results=$2
shift 2
task=$(dirname "$0")/task.sh
mkdir -p "$results" logs

# The first array has all trials. After each one, gather says what to make next: what is missing of a rung, or the next
# rung, as the options --rung R --of TRIALS. Nothing is left when it prints nothing.
next=() count=$trials before=none
while true; do
  sbatch --wait --array="0-$((count - 1))${AT_ONCE:+%$AT_ONCE}" --output='logs/%A-%a.txt' \
    "$task" "$@" --trials "$trials" --results "$results/" "${next[@]}" || echo 'Some tasks failed.' >&2
  line=$(wasm-mlp sweep gather "$results" --next)
  if [ -z "$line" ]; then break; fi
  if [ "$line" = "$before" ]; then
    echo "The same trials failed twice: $line. See logs/." >&2
    exit 1
  fi
  before=$line
  read -ra next <<<"$line"
  commas=${line//[^,]/}
  count=$((${#commas} + 1))
done
wasm-mlp sweep gather "$results"
