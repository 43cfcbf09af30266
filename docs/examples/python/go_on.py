"""An evaluation within a budget of calls, which is raised until it is complete; then its numbers with intervals."""

import sandbox

evaluation = sandbox.evaluate(suite="starter", model="scripted", budget_calls=20, on_event=print)
while evaluation.stopped_by == "budget":
    more = 2 * evaluation.manifest.totals.calls
    evaluation = sandbox.evaluate(resume=evaluation, budget_calls=more)
for number in evaluation.numbers():
    if number.headline:
        print(number.suite, number.measure, number.value, number.low, number.high, sep=", ")
