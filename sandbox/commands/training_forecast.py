"""stub"""


def forecast_answer(plans, resolved, data):
    raise NotImplementedError
