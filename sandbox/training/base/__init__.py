"""The model that training begins with: found, unpacked, measured, loaded."""
