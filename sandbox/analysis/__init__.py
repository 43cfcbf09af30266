"""What runs show when they are asked a question: tables with intervals, and sentences. Reads, and never shows."""
