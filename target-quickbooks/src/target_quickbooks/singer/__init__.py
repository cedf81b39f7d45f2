"""The door for Singer taps: records become queued changes, and the run ends when QuickBooks has answered them all."""
