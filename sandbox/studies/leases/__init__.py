"""What cells in other processes share: an endpoint's room and a budget, lent by whoever holds them."""
