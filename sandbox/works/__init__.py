"""What works with folders of their own do alike: these appear or are taken up, and calls fill them."""
