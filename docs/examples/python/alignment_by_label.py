"""A picture of how alignment changes from round to round, for good agents and for bad ones."""

import matplotlib.pyplot as plt

import sandbox

run = sandbox.simulate(
    model="scripted", questions="starter", embedder="hash", grid=5, rounds=6, labels="half", run_id="labels"
)
frame = sandbox.load(run).interactions().to_pandas()
means = frame.groupby(["round", "label"])["revision_alignment"].mean().unstack()
means.plot(marker="o", ylabel="alignment of revisions, 1 to 7")
plt.savefig("alignment.png")
print(means.round(2))
