#!/bin/bash
# A task of the array is a cell. `sandbox study run STUDY --dry-run` says how many there are: here 0 to 25, four at a time.
#SBATCH --job-name=labels-by-model
#SBATCH --array=0-25%4
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=24:00:00
#SBATCH --output=%x-%A_%a.log
#SBATCH --signal=B:TERM@120
# Two minutes before its time is up the task is told to stop cleanly. Submit the same file again: it goes on.
exec sandbox study run labels-by-model.toml --studies "$HOME/studies" --cell "$SLURM_ARRAY_TASK_ID" --yes
