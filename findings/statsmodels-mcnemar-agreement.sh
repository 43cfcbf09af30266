#!/usr/bin/env bash
# statsmodels' asymptotic McNemar test gives p = 0 for two raters who agree on every case.
#
# Versions    statsmodels 0.15.0, numpy 2.4.6, scipy 1.17.1. STATSMODELS=... in the environment tries another version.
# Behaviour   mcnemar(table, exact=False) of a table without a discordant pair, such as [[30, 0], [0, 20]]: statistic
#             inf, pvalue 0.0, with the continuity correction, which is the default. Without it both are nan. Exactly
#             (exact=True, the default) the p is 1.0. A RuntimeWarning of a division by zero is all that is said.
# Why         With the correction the numerator is (|0 - 0| - 1)^2 = 1, and the denominator 0: nothing at all becomes
#             as significant as can be. Verdicts before and after, or two models on one suite, agree everywhere more
#             often than one thinks, where a subgroup is small; a table of p values then marks just these.
# Needs       bash, python3 (3.11 or newer), PyPI.
# Exit        0 while it is so, 1 when it no longer is, 2 when the packages could not be had.
# Seen        exact: statistic 0.0, p 1.0
#             asymptotic, corrected: statistic inf, p 0.0
#             asymptotic, not corrected: statistic nan, p nan
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export PIP_DISABLE_PIP_VERSION_CHECK=1

python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "statsmodels==${STATSMODELS:-0.15.0}" numpy==2.4.6 scipy==1.17.1 || exit 2

"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

from statsmodels.stats.contingency_tables import mcnemar

AGREED = [[30, 0], [0, 20]]  # both right, both wrong; nobody differs
WAYS = {
    "exact": {"exact": True},
    "asymptotic, corrected": {"exact": False},
    "asymptotic, not corrected": {"exact": False, "correction": False},
}
EXPECTED = {
    "exact": ("0.0", "1.0"),
    "asymptotic, corrected": ("inf", "0.0"),
    "asymptotic, not corrected": ("nan", "nan"),
}
seen = {}
for name, way in WAYS.items():
    found = mcnemar(AGREED, **way)
    seen[name] = (str(float(found.statistic)), str(float(found.pvalue)))
    print(f"{name}: statistic {seen[name][0]}, p {seen[name][1]}")
sys.exit(seen != EXPECTED)
PYTHON
