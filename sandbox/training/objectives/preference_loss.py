"""What turns DPO into MODPO, as a function of tensors. Knows no trainer.

Of a pair with log-probs p of the model and b of the base, chosen (c) and rejected (r), DPO (arXiv 2305.18290, eq. 7) is
`-log sigmoid(beta * ((p_c - b_c) - (p_r - b_r)))`. MODPO (arXiv 2310.03708, eq. 11), for pairs compared on an aim of
weight w and answers with ratings g on the other, of weight v, is
`-log sigmoid(beta / w * ((p_c - b_c) - (p_r - b_r)) - v / w * (g_c - g_r))`. That is DPO with `beta / w`, and log-probs
of the base that are raised by `v * g / beta`.
"""

from torch import Tensor


def modpo_shift(ratings: Tensor, weight: float, beta: float) -> Tensor:
    """What is added to the base's log-probs (nats) of answers with these `ratings` on the other aim, of `weight`."""
    return weight * ratings / beta
