#!/usr/bin/env bash
# One task of an array: makes one trial. Its number is in SLURM_ARRAY_TASK_ID, which the command reads.
#SBATCH --job-name=sweep
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=01:00:00
#SBATCH --requeue
set -euo pipefail
exec wasm-mlp sweep "$@" --index
