"""Does the mirror follow? A company lives, a pipeline runs and fails and runs again, and at the end both are compared.

`Life` performs a history, `Flow` is one run of tap and loader, `Stage` what they play on, `Story` all of it from a
seed, `differences` the comparison. None of them knows how the tap works: it gets its state back, as Meltano gives it.
"""
